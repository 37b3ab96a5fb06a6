import * as t from "../tensor/index.ts";
import { Ids, Tensor } from "../tensor/index.ts";
import { type Parameters, parameter } from "./parameters.ts";

/**
 * Mixture of experts (Shazeer et al. 2017; Mixtral, Jiang et al. 2024) over tokens x [N, width]: each goes to its `top` experts of `count`, whose
 * answers are weighed by a softmax over their `top` router logits. Only the chosen experts work: tokens are gathered by expert, so the cost is that of
 * `top` dense blocks. `balance` is the load-balance loss of Switch (Fedus et al. 2022): count · Σ share of tokens · mean probability, 1 when even.
 */
export function mixture(
  x: Tensor,
  p: Parameters,
  prefix: string,
  { count, top }: { readonly count: number; readonly top: number },
): { y: Tensor; balance: Tensor } {
  const { backend } = x;
  const tokens = x.shape[0]!;
  const logits = t.linear(x, parameter(p, `${prefix}gate.weight`));
  const chosen = choose(logits.valuesSync(), tokens, count, top);

  const hidden = Float32Array.from({ length: tokens * count }, (_, i) => (chosen.has[i] ? 0 : -1e9));
  const weights = t.reshape(t.softmax(t.add(logits, Tensor.from(backend, hidden, [tokens, count]))), [tokens * count, 1]);
  let y: Tensor | undefined;
  chosen.rows.forEach((rows, e) => {
    if (rows.length === 0) return;
    const expert = (w: string): Tensor => parameter(p, `${prefix}experts.${e}.${w}.weight`);
    const ids = Ids.from(backend, rows, [rows.length]);
    const mine = t.gather(x, ids);
    const out = t.linear(t.swiglu(t.linear(mine, expert("w1")), t.linear(mine, expert("w3"))), expert("w2"));
    const share = t.gather(
      weights,
      Ids.from(
        backend,
        rows.map((r) => r * count + e),
        [rows.length],
      ),
    );
    const placed = t.scatterAdd(t.mul(out, share), ids, tokens);
    y = y === undefined ? placed : t.add(y, placed);
  });
  const shares = Tensor.from(
    backend,
    chosen.rows.map((rows) => rows.length / (tokens * top)),
    [count],
  );
  const balance = t.scale(t.sum(t.mul(t.mean(t.softmax(logits), [0]), shares)), count);
  return { y: y!, balance };
}

/** The `top` largest logits of each token; ties go to the lower expert. */
function choose(logits: Float32Array, tokens: number, count: number, top: number): { rows: number[][]; has: Uint8Array } {
  const rows: number[][] = Array.from({ length: count }, () => []);
  const has = new Uint8Array(tokens * count);
  for (let i = 0; i < tokens; i++)
    for (let n = 0; n < top; n++) {
      let best = -1;
      for (let e = 0; e < count; e++)
        if (!has[i * count + e] && (best < 0 || logits[i * count + e]! > logits[i * count + best]!)) best = e;
      has[i * count + best] = 1;
      rows[best]!.push(i);
    }
  return { rows, has };
}
