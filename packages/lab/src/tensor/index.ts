export * from "./arithmetic.ts";
export type * from "./backend.ts";
export * from "./gradient.ts";
export * from "./neural.ts";
export * from "./product.ts";
export { broadcastTo, concat, pad, permute, reshape, same, slice, sum, sumTo, transpose } from "./shape.ts";
export { held, scope, size, Tensor, untracked } from "./tensor.ts";
export { WasmBackend } from "./wasm-backend.ts";
export { WebGpuBackend, type WebGpuOptions, webgpuBackend } from "./webgpu-backend.ts";
