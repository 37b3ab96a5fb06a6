/** jax-js on the step of step.ts. Argument: timed steps (20). */
import { median } from "../table.ts";
import { jax, version } from "./jax-js.ts";
import { jaxJsStep } from "./jax-js-gpt.ts";
import type { StepReport } from "./step.ts";

const steps = Number(process.argv[2] ?? 20);
const train = jaxJsStep(jax);
const times: number[] = [];
const losses: number[] = [];
for (let i = 0; i < steps + 3; i++) {
  const began = performance.now();
  losses.push(await train());
  times.push(performance.now() - began);
}
const report: StepReport & { compileMs: number; rssMib: number } = {
  peer: version,
  msPerStep: median(times.slice(3)),
  msBest: Math.min(...times.slice(3)),
  steps,
  lossFirst: losses[0]!,
  lossLast: losses.at(-1)!,
  compileMs: times[0]!,
  rssMib: process.memoryUsage.rss() / 2 ** 20,
};
console.log(JSON.stringify(report));
