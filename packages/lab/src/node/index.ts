export * from "./spawn-worker.ts";
export * from "./threads.ts";
