export * from "./infer/decoder.ts";
export * from "./models/config.ts";
export * from "./train/config.ts";
export * from "./weights.ts";
