import { type MixedLoader, seededRandom, type Tokenizer } from "@inkseal/lab";
import { marks } from "../../src/code/tokens.ts";

export interface Windows {
  /** Row by row `length` + 1 ids. */
  readonly ids: Uint16Array;
  readonly count: number;
  readonly length: number;
}

/**
 * Texts as windows of one length: once as they stand, one after the other, and once with what follows put before what leads up to it (fill in
 * the middle, Bavarian et al. 2022, in the order suffix, prefix, middle: while somebody types, the suffix stays and its cache can be used again).
 * The gap ends at a line's end or anywhere. Rows are shuffled.
 */
export function makeWindows(texts: readonly string[], tokenizer: Tokenizer, length: number, seed: number): Windows {
  const [end, suffix, text] = marks.map((mark) => tokenizer.special.get(mark)!) as [number, number, number];
  const random = seededRandom(seed);
  const encode = (part: string): number[] => tokenizer.encode(part, { plain: true });
  const rows: number[][] = [];
  let run: number[] = [];
  const size = length + 1;
  for (const source of texts) {
    const ids = encode(source);
    run = [...run, text, ...ids, end];
    const whole = run.length - (run.length % size);
    for (let at = 0; at < whole; at += size) rows.push(run.slice(at, at + size));
    run = run.slice(whole);
    // as many turned windows as plain ones
    const perToken = source.length / ids.length;
    for (let k = Math.floor(ids.length / (length * 0.75)); k > 0; k--) {
      let cut = 200 + random.below(Math.max(1, source.length - 200));
      if (random() < 0.5) cut = source.indexOf("\n", cut);
      if (cut < 0) continue;
      const after = encode(source.slice(cut, cut + 600)).slice(0, 8 + random.below(88));
      const room = size - 3 - after.length;
      const before = encode(source.slice(lineStart(source, cut - Math.ceil(room * perToken * 1.5)), cut)).slice(-room);
      if (before.length === room) rows.push([suffix, ...after, text, ...before, end]);
    }
  }
  for (let i = rows.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [rows[i], rows[j]] = [rows[j]!, rows[i]!];
  }
  const ids = new Uint16Array(rows.length * size);
  rows.forEach((row, i) => {
    ids.set(row, i * size);
  });
  return { ids, count: rows.length, length };
}
const lineStart = (source: string, at: number): number => (at <= 0 ? 0 : source.lastIndexOf("\n", at) + 1);

/** The windows in their order, again and again. */
export function windowLoader({ ids, count, length }: Windows, batch: number): MixedLoader {
  const size = length + 1;
  let at = 0;
  const random = seededRandom(0).state();
  return {
    next() {
      const inputs = new Int32Array(batch * length);
      const targets = new Int32Array(batch * length);
      for (let row = 0; row < batch; row++, at = (at + 1) % count) {
        inputs.set(ids.subarray(at * size, at * size + length), row * length);
        targets.set(ids.subarray(at * size + 1, (at + 1) * size), row * length);
      }
      return { inputs, targets };
    },
    state: () => ({ random, lengths: [at] }),
    restore(state) {
      at = state.lengths[0]!;
    },
  };
}
