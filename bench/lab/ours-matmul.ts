/** 1024³ f32 in our engine. Argument: threads. `{ peer, gflops }`, the median of 15 after 5. */
import { cpuBackend } from "@inkseal/lab/node";
import { normal } from "./peers/step.ts";
import { median } from "./table.ts";

const n = 1024;
const backend = cpuBackend({ threads: Number(process.argv[2] ?? 2) });
const random = normal(1);
const square = () => backend.from(Float32Array.from({ length: n * n }, random));
const [a, b] = [square(), square()];
const times: number[] = [];
for (let i = 0; i < 20; i++) {
  const began = performance.now();
  backend.free(backend.matmul(a, b, { m: n, n, k: n, transA: false, transB: false, batch: 1, strideA: 0, strideB: 0 }));
  if (i >= 5) times.push(performance.now() - began);
}
console.log(
  JSON.stringify({ peer: `@inkseal/lab, ${backend.pool.threads} threads`, gflops: (2 * n ** 3) / median(times) / 1e6 }),
);
process.exit();
