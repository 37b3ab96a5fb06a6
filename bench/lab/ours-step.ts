/** Our training step of peers/step.ts: same weights, same batch, plain SGD. Arguments: threads (all cores), steps (20). */
import { crossEntropy, GptConfigSchema, gpt, gptRotation, gradient, Ids, scale, scope, toParameters } from "@inkseal/lab";
import { cpuBackend } from "@inkseal/lab/node";
import { type StepReport, step, stepBatch, stepWeights } from "./peers/step.ts";
import { median } from "./table.ts";

const [threads, steps = "20"] = process.argv.slice(2);
const backend = cpuBackend(threads === undefined ? {} : { threads: Number(threads) });
const config = GptConfigSchema.parse({
  kind: "gpt",
  vocab: step.vocab,
  context: step.tokens,
  layers: step.layers,
  width: step.width,
  heads: step.heads,
  hidden: step.hidden,
  ropeTheta: step.ropeTheta,
  normEps: step.normEps,
});
const named = toParameters(backend, stepWeights());
const parameters = [...named.values()];
const rotation = gptRotation(backend, config);
const { inputs, targets } = stepBatch();
const once = (): number =>
  scope(() => {
    const { logits } = gpt(config, named, rotation, Ids.from(backend, inputs, [step.batch, step.tokens]));
    const loss = crossEntropy(logits, Ids.from(backend, targets, [step.batch * step.tokens]));
    gradient(loss, parameters).forEach((g, i) => {
      backend.accumulate(parameters[i]!.block, scale(g, -step.learningRate).block);
    });
    return loss.valuesSync()[0]!;
  });
const losses: number[] = [];
const times: number[] = [];
for (let i = 0; i < 3 + Number(steps); i++) {
  const began = performance.now();
  losses.push(once());
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
