export * from "./checkpoint.ts";
export * from "./energy-meter.ts";
export * from "./model-folder.ts";
export * from "./socket-reduce.ts";
export * from "./spawn-worker.ts";
export * from "./threads.ts";
export * from "./token-file.ts";
export * from "./training.ts";
