export * from "./spawn-worker.ts";
