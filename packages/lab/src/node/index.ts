export * from "./socket-reduce.ts";
export * from "./spawn-worker.ts";
export * from "./threads.ts";
