import type { Tensor } from "../tensor/index.ts";
import * as t from "../tensor/index.ts";
import type { Random, Weights } from "../weights.ts";
import type { BertConfig } from "./config.ts";
import { dense, denseShapes, encoder, encoderShapes, paddingMask, residualDeviation } from "./layers.ts";
import { initialWeights, type Parameters, parameter } from "./parameters.ts";

/** BERT (Devlin et al. 2019) without its second task, as RoBERTa (Liu et al. 2019): one segment, learned positions, masked tokens. */
export function bertShapes(c: BertConfig): Map<string, readonly number[]> {
  return new Map([
    ["tokens", [c.vocab, c.width]],
    ["positions", [c.context, c.width]],
    ...encoderShapes("encoder", c),
    ["masked.bias", [c.vocab]],
    ...(c.classes === undefined ? [] : denseShapes("classify", c.classes, c.width)),
  ]);
}
export const initialBert = (c: BertConfig, random: Random): Weights =>
  initialWeights(bertShapes(c), random, residualDeviation(c.layers));

/** Rows of tokens, [B, T] row-major; a token below 0 is padding. */
export interface TokenRows {
  readonly tokens: Int32Array;
  readonly shape: readonly [B: number, T: number];
}
export interface BertOptions {
  /** Differs at each training step. Absent: no dropout. */
  readonly dropout?: { readonly seed: number; readonly step: number };
}

/** Hidden states [B, T, width]. Those at padding mean nothing, and nothing looks at them. */
export function bert(c: BertConfig, p: Parameters, rows: TokenRows, { dropout }: BertOptions = {}): Tensor {
  const [B, T] = rows.shape;
  if (T > c.context) throw new RangeError(`${T} tokens are beyond this model's ${c.context}`);
  const embedding = parameter(p, "tokens");
  const { backend } = embedding;
  let mask = 0;
  const drop = (x: Tensor): Tensor =>
    dropout === undefined || c.dropout === 0 ? x : t.dropout(x, c.dropout, dropout.seed, dropout.step * 1000 + mask++);
  const x = t.add(t.gather(embedding, t.Ids.from(backend, rows.tokens, [B, T])), t.slice(parameter(p, "positions"), 0, 0, T));
  return encoder(drop(x), p, "encoder", c, { mask: paddingMask(backend, rows.tokens, rows.shape), drop });
}

/** What masked-token training hides: inputs of the same shape, the places hidden (in the flat rows) and what stood there. */
export interface Masked {
  readonly inputs: Int32Array;
  readonly places: Int32Array;
  readonly targets: Int32Array;
}
/** Chooses a share `mask` of the tokens; of these 80 % become the mask token, 10 % any other token, and 10 % stay (§3.1 of the paper). */
export function maskTokens(c: BertConfig, tokens: Int32Array, random: Random): Masked {
  const maskToken = c.maskToken ?? c.vocab - 1;
  const inputs = tokens.slice();
  const places: number[] = [];
  tokens.forEach((token, i) => {
    if (token < 0 || random() >= c.mask) return;
    places.push(i);
    const fate = random();
    if (fate < 0.8) inputs[i] = maskToken;
    else if (fate < 0.9) {
      const other = Math.floor(random() * (c.vocab - 1));
      inputs[i] = other < maskToken ? other : other + 1;
    }
  });
  return { inputs, places: Int32Array.from(places), targets: Int32Array.from(places, (i) => tokens[i]!) };
}

/** Logits [places, vocab] of the tokens at some places of the flat rows, by the embedding's own matrix. */
export function bertTokens(c: BertConfig, p: Parameters, hidden: Tensor, places: Int32Array): Tensor {
  const rows = t.gather(t.reshape(hidden, [-1, c.width]), t.Ids.from(hidden.backend, places, [places.length]));
  return t.linear(rows, parameter(p, "tokens"), parameter(p, "masked.bias"));
}
/** Masked-token loss: mean −ln p over the hidden places, nats. Zero where chance hid none. */
export function bertLoss(c: BertConfig, p: Parameters, rows: TokenRows, random: Random, options: BertOptions = {}): Tensor {
  const { inputs, places, targets } = maskTokens(c, rows.tokens, random);
  const hidden = bert(c, p, { tokens: inputs, shape: rows.shape }, options);
  if (places.length === 0) return t.scale(t.sum(hidden), 0);
  return t.crossEntropy(bertTokens(c, p, hidden, places), t.Ids.from(hidden.backend, targets, [targets.length]));
}

/** Class logits [B, classes] from the state of each row's first token, which the caller may reserve for that. */
export function bertClasses(c: BertConfig, p: Parameters, rows: TokenRows, options: BertOptions = {}): Tensor {
  const first = t.slice(bert(c, p, rows, options), 1, 0, 1);
  return dense(t.reshape(first, [rows.shape[0], c.width]), p, "classify");
}
export function bertClassLoss(
  c: BertConfig,
  p: Parameters,
  rows: TokenRows,
  labels: Int32Array,
  options: BertOptions = {},
): Tensor {
  const logits = bertClasses(c, p, rows, options);
  return t.crossEntropy(logits, t.Ids.from(logits.backend, labels, [labels.length]));
}

/** Rows of different length side by side, filled with padding (−1). */
export function padRows(rows: readonly (readonly number[])[], context: number): TokenRows {
  const T = Math.min(context, Math.max(1, ...rows.map((row) => row.length)));
  const tokens = new Int32Array(rows.length * T).fill(-1);
  rows.forEach((row, b) => {
    tokens.set(row.slice(0, T), b * T);
  });
  return { tokens, shape: [rows.length, T] };
}
