import { InksealError } from "@inkseal/core";
import { seededRandom } from "../../src/data/random.ts";
import type { Decoder, Sequence } from "../../src/infer/decoder.ts";

/** A model that is a table: the logits after two tokens are drawn from a seed. Keeps count of what it is asked. */
export interface TableDecoder extends Decoder {
  /** Logits after the last two of `tokens`. */
  logits(tokens: readonly number[]): Float32Array;
  /** Sequences not yet closed. */
  readonly unclosed: Set<Sequence>;
  /** Sequences of each call of feed. */
  readonly batches: number[];
}

export function tableDecoder({ vocab = 8, context = 64, seed = 1, spread = 3, noise = 0 } = {}): TableDecoder {
  const rows = new Map<string, Float32Array>();
  const logits = (tokens: readonly number[]): Float32Array => {
    const [a, b] = [tokens.at(-1) ?? -1, tokens.at(-2) ?? -1];
    let row = rows.get(`${a},${b}`);
    if (row === undefined) {
      const [random, other] = [seededRandom(seed + 1000 * (a + 2) + b + 1), seededRandom(77 + seed * 31 + 1000 * (a + 2) + b)];
      row = Float32Array.from({ length: vocab }, () => spread * random() + noise * other());
      rows.set(`${a},${b}`, row);
    }
    return row.slice();
  };
  const unclosed = new Set<Sequence>();
  const held = new WeakMap<Sequence, number[]>();
  const batches: number[] = [];
  const make = (tokens: number[]): Sequence => {
    const sequence: Sequence = {
      get length() {
        return tokens.length;
      },
      truncate(length) {
        if (length > tokens.length) throw new Error("cannot truncate to more");
        tokens.length = length;
      },
      fork: () => make([...tokens]),
      close() {
        if (!unclosed.delete(sequence)) throw new Error("closed twice");
      },
    };
    held.set(sequence, tokens);
    unclosed.add(sequence);
    return sequence;
  };
  return {
    vocab,
    context,
    logits,
    unclosed,
    batches,
    open: () => make([]),
    feed(work, every = false) {
      batches.push(work.length);
      return work.map(({ sequence, tokens }) => {
        const all = held.get(sequence)!;
        if (!unclosed.has(sequence) || tokens.length === 0) throw new Error("fed a closed sequence, or nothing");
        if (all.length + tokens.length > context)
          throw new InksealError("bad-request", `${all.length + tokens.length} tokens of ${context}`);
        const out: Float32Array[] = [];
        for (const token of tokens) {
          if (!(token >= 0 && token < vocab)) throw new Error(`no token ${token}`);
          all.push(token);
          if (every) out.push(logits(all));
        }
        return every ? out : [logits(all)];
      });
    },
  };
}
