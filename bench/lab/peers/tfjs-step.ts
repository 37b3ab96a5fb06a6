/**
 * The training step in tfjs-core, as fast as its kernels allow. Arguments: backend, timed steps (10). Without a backend, every backend in
 * turn, and the fastest is the answer.
 */

import { fileURLToPath } from "node:url";
import type { Tensor, Tensor2D, Variable } from "@tensorflow/tfjs-core";
import { median, runJson } from "../table.ts";
import { ropeTables, type StepReport, step, stepBatch, stepWeights, transposed } from "./step.ts";
import { type TfjsBackend, tfjs, tfjsBackends } from "./tfjs.ts";

const { layers, width, heads, head, tokens, batch, vocab, normEps, learningRate } = step;
const [wanted, count] = process.argv.slice(2);
const steps = Number(count ?? 10);
if (wanted === undefined) await best();
else console.log(JSON.stringify(await measure(wanted as TfjsBackend)));
process.exit(); // its worker threads would keep the process alive

async function best(): Promise<void> {
  const reports: StepReport[] = [];
  const notes: string[] = [];
  for (const backend of tfjsBackends) {
    try {
      const report = await runJson<StepReport>(fileURLToPath(import.meta.url), [
        backend,
        backend === "cpu" ? "2" : String(steps),
      ]);
      reports.push(report);
      notes.push(`${backend} ${report.msPerStep.toFixed(0)} ms`);
    } catch (error) {
      notes.push(`${backend} does not run (${(error as Error).message.trim().split("\n").at(-1)?.slice(0, 120)})`);
    }
  }
  const fastest = reports.reduce((a, b) => (b.msPerStep < a.msPerStep ? b : a));
  console.log(JSON.stringify({ ...fastest, note: notes.join(", ") }));
}

async function measure(backend: TfjsBackend): Promise<StepReport> {
  const { tf, version } = await tfjs(backend);
  const weights = new Map<string, Variable>();
  for (const [name, weight] of stepWeights()) {
    const { shape, data } = name.endsWith("_proj.weight") ? transposed(weight) : weight;
    weights.set(name, tf.variable(tf.tensor(data, [...shape])));
  }
  const weight = (name: string): Variable => weights.get(name)!;
  const rope = ropeTables();
  const cos = tf.tensor(rope.cos, [1, tokens, 1, head]);
  const sin = tf.tensor(rope.sin, [1, tokens, 1, head]);
  const mask = tf.tensor2d(
    Float32Array.from({ length: tokens * tokens }, (_, i) => (i % tokens > Math.floor(i / tokens) ? -1e9 : 0)),
    [tokens, tokens],
  );
  const { inputs, targets } = stepBatch();
  const ids = tf.tensor1d(inputs, "int32");
  const oneHot = (list: Int32Array): Tensor2D => tf.cast(tf.oneHot(tf.tensor1d(list, "int32"), vocab), "float32") as Tensor2D;
  const inputRows = oneHot(inputs);
  const targetRows = oneHot(targets);

  /** The wasm kernel is fast (XNNPACK) for two plain matrices only, not for flags of transposition: they are transposed before. */
  const product = (a: Tensor, b: Tensor): Tensor =>
    tf.customGrad((x, y, save) => {
      const [left, right] = [x as Tensor, y as Tensor];
      (save as (list: Tensor[]) => void)([left, right]);
      return {
        value: tf.matMul(left, right),
        gradFunc: (dy: Tensor, saved: Tensor[]) => {
          const [l, r] = saved as [Tensor, Tensor];
          return [tf.matMul(dy, tf.transpose(r)), tf.matMul(tf.transpose(l), dy)];
        },
      };
    })(a, b);
  /** Rows of the embedding. The gradient of `gather` has no wasm kernel (UnsortedSegmentSum): a one-hot product stands in. */
  const embed = tf.customGrad((table) => ({
    value: tf.gather(table as Tensor, ids),
    gradFunc: (dy: Tensor) => tf.matMul(tf.transpose(inputRows), dy),
  }));
  /** Mean of −log softmax(logits)[target]; logits [B·T, vocab]. */
  const crossEntropy = tf.customGrad((logits, save) => {
    const shares = tf.softmax(logits as Tensor);
    (save as (list: Tensor[]) => void)([shares]);
    return {
      value: tf.neg(tf.mean(tf.log(tf.sum(tf.mul(shares, targetRows), -1)))),
      gradFunc: (dy: Tensor, saved: Tensor[]) => tf.mul(tf.sub(saved[0]!, targetRows), tf.div(dy, batch * tokens)),
    };
  });
  const norm = (x: Tensor, gain: Tensor): Tensor =>
    tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), normEps))), gain);
  const turn = (x: Tensor): Tensor => {
    const [low, high] = tf.split(x, 2, -1) as [Tensor, Tensor];
    return tf.add(tf.mul(x, cos), tf.mul(tf.concat([tf.neg(high), low], -1), sin));
  };
  const perHead = (x: Tensor): Tensor => tf.transpose(x, [0, 2, 1, 3]);
  const loss = (): Tensor => {
    let h = embed(weight("model.embed_tokens.weight")); // (B·T, d)
    for (let i = 0; i < layers; i++) {
      const layer = (name: string): Variable => weight(`model.layers.${i}.${name}.weight`);
      const a = norm(h, layer("input_layernorm"));
      const split = (part: string): Tensor =>
        tf.reshape(product(a, layer(`self_attn.${part}_proj`)), [batch, tokens, heads, head]); // (B, T, nh, hd)
      const q = perHead(turn(split("q")));
      const k = perHead(turn(split("k")));
      const v = perHead(split("v"));
      const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(head)); // (B, nh, T, T)
      const mixed = tf.matMul(tf.softmax(tf.add(scores, mask)), v);
      h = tf.add(h, product(tf.reshape(perHead(mixed), [batch * tokens, width]), layer("self_attn.o_proj")));
      const f = norm(h, layer("post_attention_layernorm"));
      const gate = product(f, layer("mlp.gate_proj"));
      const inner = tf.mul(tf.mul(gate, tf.sigmoid(gate)), product(f, layer("mlp.up_proj")));
      h = tf.add(h, product(inner, layer("mlp.down_proj")));
    }
    return crossEntropy(product(norm(h, weight("model.norm.weight")), tf.transpose(weight("model.embed_tokens.weight"))));
  };

  const times: number[] = [];
  const losses: number[] = [];
  for (let i = 0; i < steps + 2; i++) {
    const began = performance.now();
    const value = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss as () => import("@tensorflow/tfjs-core").Scalar);
      for (const variable of weights.values()) {
        const gradient = grads[variable.name]!;
        variable.assign(tf.sub(variable, tf.mul(gradient, learningRate)));
      }
      return value;
    });
    losses.push((await value.data())[0]!);
    value.dispose();
    times.push(performance.now() - began);
  }
  return {
    peer: version,
    msPerStep: median(times.slice(2)),
    steps,
    lossFirst: losses[0]!,
    lossLast: losses.at(-1)!,
  };
}
