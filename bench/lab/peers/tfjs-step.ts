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
        backend === "cpu" ? "1" : String(steps),
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

  /** The wasm kernel is fast (XNNPACK) for two plain matrices only; with a flag of transposition or a batch it falls to a plain loop. */
  const product = (a: Tensor, b: Tensor): Tensor =>
    tf.customGrad((x, y, save) => {
      const [left, right] = [x as Tensor, y as Tensor];
      (save as (list: Tensor[]) => void)([left, right]);
      return {
        value: tf.matMul(left, right),
        gradFunc: (dy: Tensor, [l, r]: Tensor[]) => [tf.matMul(dy, tf.transpose(r!)), tf.matMul(tf.transpose(l!), dy)],
      };
    })(a, b);
  /** The matrices of a batch. In two strides: a slice first copies its whole tensor out of the WebAssembly memory. */
  const pieces = (x: Tensor): Tensor[] =>
    tf.unstack(tf.reshape(x, [batch, heads, x.shape[1]!, x.shape[2]!])).flatMap((group) => tf.unstack(group));
  const flip = (x: Tensor): Tensor => tf.transpose(x, [0, 2, 1]);
  /** softmax(q·kᵀ + mask)·v head by head, all [B·nh, T, hd]: the loop for batches would take two thirds of the whole step. */
  const attend = tf.customGrad((q, k, v, save) => {
    const [rows, columns, values] = [pieces(q as Tensor), pieces(flip(k as Tensor)), pieces(v as Tensor)];
    const shares = rows.map((row, i) => tf.softmax(tf.add(tf.matMul(row, columns[i]!), mask)));
    (save as (list: Tensor[]) => void)([q as Tensor, k as Tensor, v as Tensor, ...shares]);
    return {
      value: tf.stack(shares.map((share, i) => tf.matMul(share, values[i]!))),
      gradFunc: (dy: Tensor, [q, k, v, ...shares]: Tensor[]) => {
        const [outs, rows, keys, values] = [pieces(dy), pieces(q!), pieces(k!), pieces(flip(v!))];
        const scores = shares.map((share, i) => {
          const dShare = tf.mul(tf.matMul(outs[i]!, values[i]!), share);
          return tf.sub(dShare, tf.mul(share, tf.sum(dShare, -1, true)));
        });
        return [
          tf.stack(scores.map((score, i) => tf.matMul(score, keys[i]!))),
          tf.stack(scores.map((score, i) => tf.matMul(tf.transpose(score), rows[i]!))),
          tf.stack(shares.map((share, i) => tf.matMul(tf.transpose(share), outs[i]!))),
        ];
      },
    };
  });
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
  /** RoPE's (−high, low) as a product with a matrix of 0, 1 and −1: that is faster than `split` and `concat`. */
  const swap = tf.tensor2d(
    Array.from({ length: head }, (_, row) =>
      Array.from({ length: head }, (_, column) => (row === column + head / 2 ? -1 : column === row + head / 2 ? 1 : 0)),
    ),
  );
  const swapBack = tf.transpose(swap);
  const swapped = tf.customGrad((x) => ({
    value: tf.matMul(x as Tensor2D, swap),
    gradFunc: (dy: Tensor) => tf.matMul(dy as Tensor2D, swapBack),
  }));
  /** [B·T, d] to [B, T, nh, hd], turned. */
  const turn = (x: Tensor): Tensor => {
    const rows = tf.reshape(x, [-1, head]);
    const shape = [batch, tokens, heads, head];
    return tf.add(tf.mul(tf.reshape(rows, shape), cos), tf.mul(tf.reshape(swapped(rows), shape), sin));
  };
  const perHead = (x: Tensor): Tensor => tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch * heads, tokens, head]);
  const together = (x: Tensor): Tensor =>
    tf.reshape(tf.transpose(tf.reshape(x, [batch, heads, tokens, head]), [0, 2, 1, 3]), [batch * tokens, width]);
  const loss = (): Tensor => {
    let h = embed(weight("model.embed_tokens.weight")); // (B·T, d)
    for (let i = 0; i < layers; i++) {
      const layer = (name: string): Variable => weight(`model.layers.${i}.${name}.weight`);
      const a = norm(h, layer("input_layernorm"));
      const q = perHead(turn(product(a, layer("self_attn.q_proj"))));
      const k = perHead(turn(product(a, layer("self_attn.k_proj"))));
      const v = perHead(tf.reshape(product(a, layer("self_attn.v_proj")), [batch, tokens, heads, head]));
      const mixed = attend(tf.mul(q, 1 / Math.sqrt(head)), k, v);
      h = tf.add(h, product(together(mixed), layer("self_attn.o_proj")));
      const f = norm(h, layer("post_attention_layernorm"));
      const gate = product(f, layer("mlp.gate_proj"));
      const inner = tf.mul(tf.mul(gate, tf.sigmoid(gate)), product(f, layer("mlp.up_proj")));
      h = tf.add(h, product(inner, layer("mlp.down_proj")));
    }
    return crossEntropy(product(norm(h, weight("model.norm.weight")), tf.transpose(weight("model.embed_tokens.weight"))));
  };

  const warm = backend === "cpu" ? 0 : 2; // it takes 15 seconds a step
  const times: number[] = [];
  const losses: number[] = [];
  for (let i = 0; i < steps + warm; i++) {
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
    msPerStep: median(times.slice(warm)),
    msBest: Math.min(...times.slice(warm)),
    steps,
    lossFirst: losses[0]!,
    lossLast: losses.at(-1)!,
  };
}
