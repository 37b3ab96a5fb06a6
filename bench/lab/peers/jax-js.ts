/** @jax-js/jax on its WebAssembly backend, one thread: Node has no global `Worker`, which is where its thread pool comes from. */
Object.defineProperty(globalThis, "navigator", { value: { userAgent: "node", hardwareConcurrency: 1 }, configurable: true });
export const jax = await import("@jax-js/jax");
await jax.init("wasm");
jax.defaultDevice("wasm");
export const version = "@jax-js/jax 0.1.25, wasm, 1 thread";
