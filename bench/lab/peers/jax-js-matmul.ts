/** Square f32 matrix products in plain jax-js: `{ "512": GFLOP/s, "1024": GFLOP/s }`, medians. */
import { median } from "../table.ts";
import { jax, version } from "./jax-js.ts";
import { normal } from "./step.ts";

const { numpy: np, jit } = jax;
const gflops: Record<string, number> = {};
for (const n of [512, 1024]) {
  const random = normal(n);
  const square = () => np.array(Float32Array.from({ length: n * n }, random), { shape: [n, n] });
  const a = square();
  const b = square();
  const multiply = jit((x: typeof a, y: typeof a) => np.matmul(x, y));
  const times: number[] = [];
  for (let i = 0; i < 14; i++) {
    const began = performance.now();
    const c = multiply(a.ref, b.ref);
    await jax.blockUntilReady(c);
    times.push(performance.now() - began);
    c.dispose();
  }
  gflops[n] = (2 * n ** 3) / median(times.slice(4)) / 1e6;
  a.dispose();
  b.dispose();
}
console.log(JSON.stringify({ peer: version, gflops }));
