/**
 * JSB chorales (Boulanger-Lewandowski et al. 2012): the temporal convolutional network of Bai et al. 2018 (table 1: 8.10 nats a step; appendix: kernel 3, 2
 * levels, 150 channels, dropout 0.5, clip 0.4, Adam 1e-3), built from the Lab's tensors. Argument: epochs (60). Prints `{ test, validation, minutes, epoch }`:
 * the test loss at the epoch of the best validation.
 */
import * as t from "@inkseal/lab";
import { Optimiser, seededRandom, Tensor } from "@inkseal/lab";
import { cpuBackend } from "@inkseal/lab/node";
import { type Chorale, chorales, pianoKeys } from "./data.ts";

const epochs = Number(process.argv[2] ?? 60);
const backend = cpuBackend();
const random = seededRandom(1111);
const [channels, kernel, levels, dropout, clip] = [150, 3, 2, 0.5, 0.4];

const shapes = new Map<string, readonly number[]>();
for (let level = 0; level < levels; level++) {
  const into = level === 0 ? pianoKeys : channels;
  shapes.set(`${level}.first`, [channels, kernel * into]).set(`${level}.first.bias`, [channels]);
  shapes.set(`${level}.second`, [channels, kernel * channels]).set(`${level}.second.bias`, [channels]);
  if (into !== channels) shapes.set(`${level}.across`, [channels, into]).set(`${level}.across.bias`, [channels]);
}
shapes.set("out", [pianoKeys, channels]).set("out.bias", [pianoKeys]);
const p = t.toParameters(
  backend,
  t.initialWeights(shapes, random, (_, [, columns]) => 1 / Math.sqrt(3 * columns!)),
);
const get = (name: string): Tensor => t.parameter(p, name);

/** A causal convolution of x [T, C] with holes of `dilation`: zeros before the start. */
function causal(x: Tensor, name: string, dilation: number): Tensor {
  const [T] = x.shape as [number, number];
  const taps = Array.from({ length: kernel }, (_, i) => {
    const back = Math.min(T, (kernel - 1 - i) * dilation);
    return back === 0 ? x : t.pad(t.slice(x, 0, 0, T - back), 0, back, 0);
  });
  return t.linear(t.concat(taps, 1), get(name), get(`${name}.bias`));
}
let masks = 0;
/** Mean over steps of the sum over keys of −ln p(next). */
function loss({ steps, roll }: Chorale, training: boolean): Tensor {
  const drop = (x: Tensor): Tensor => (training ? t.dropout(x, dropout, 7, masks++) : x);
  const all = Tensor.from(backend, Float32Array.from(roll), [steps, pianoKeys]);
  let x = t.slice(all, 0, 0, steps - 1);
  for (let level = 0; level < levels; level++) {
    const through = drop(t.relu(causal(drop(t.relu(causal(x, `${level}.first`, 2 ** level))), `${level}.second`, 2 ** level)));
    const across = p.has(`${level}.across`) ? t.linear(x, get(`${level}.across`), get(`${level}.across.bias`)) : x;
    x = t.relu(t.add(through, across));
  }
  const logits = t.linear(x, get("out"), get("out.bias"));
  const next = t.slice(all, 0, 1, steps);
  // −ln σ(±x) = softplus(x) − x·target
  return t.scale(t.sum(t.sub(t.softplus(logits), t.mul(logits, next))), 1 / (steps - 1));
}
/** Over all steps of all pieces, as published. */
function evaluate(pieces: readonly Chorale[]): number {
  let sum = 0;
  let steps = 0;
  for (const piece of pieces) {
    sum += t.scope(() => t.untracked(() => loss(piece, false).valuesSync()[0]!)) * (piece.steps - 1);
    steps += piece.steps - 1;
  }
  return sum / steps;
}

const data = await chorales();
const parameters = [...p.values()];
const optimiser = new Optimiser(p, { beta1: 0.9, beta2: 0.999, weightDecay: 0 });
const began = performance.now();
let best = { validation: Infinity, test: Infinity, epoch: 0 };
let rate = 1e-3;
let worse = 0;
const order = data.train.map((_, i) => i);
for (let epoch = 1; epoch <= epochs; epoch++) {
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  for (const i of order) {
    const gradients = t.scope(() => t.gradient(loss(data.train[i]!, true), parameters));
    const norm = await t.globalNorm(gradients);
    optimiser.step(gradients, rate, norm > clip ? clip / norm : 1);
    for (const g of gradients) g.free();
  }
  const validation = evaluate(data.validation);
  if (validation < best.validation) {
    best = { validation, test: evaluate(data.test), epoch };
    worse = 0;
  } else if (++worse % 5 === 0) rate /= 2;
  console.error(`epoch ${epoch}: validation ${validation.toFixed(3)}, best test ${best.test.toFixed(3)}`);
}
console.log(JSON.stringify({ ...best, minutes: (performance.now() - began) / 60e3 }));
process.exit();
