export * from "./data/gaussian.ts";
export * from "./data/random.ts";
export * from "./infer/decoder.ts";
export * from "./models/config.ts";
export * from "./models/reference.ts";
export * from "./train/config.ts";
export * from "./weights.ts";
