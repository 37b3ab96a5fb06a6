/** Our training step of peers/step.ts: same weights, same batch, plain SGD. Arguments: threads (all cores), steps (20). */
import { cpuBackend } from "@inkseal/lab/node";
import { ourStep } from "./our-gpt.ts";
import type { StepReport } from "./peers/step.ts";
import { median } from "./table.ts";

const [threads, steps = "20"] = process.argv.slice(2);
const backend = cpuBackend(threads === undefined ? {} : { threads: Number(threads) });
const once = ourStep(backend);
const losses: number[] = [];
const times: number[] = [];
for (let i = 0; i < 3 + Number(steps); i++) {
  const began = performance.now();
  losses.push(await once());
  if (i >= 3) times.push(performance.now() - began);
}
const report: StepReport = {
  peer: `@inkseal/lab, ${backend.pool.threads} threads${backend.pool.fused ? ", fused multiply-add" : ""}`,
  msPerStep: median(times),
  msBest: Math.min(...times),
  steps: times.length,
  lossFirst: losses[0]!,
  lossLast: losses.at(-1)!,
};
console.log(JSON.stringify(report));
process.exit();
