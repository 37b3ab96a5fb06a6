import { InksealError } from "@inkseal/core";
import { type RandomState, seededRandom } from "./random.ts";
import { type TokenSource, tokenRange } from "./token-file.ts";

/** Token ids and, for each, the id that follows it in the text: both row-major [batch, length]. */
export interface Batch {
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
}

export interface MixOptions {
  /** A row comes from each source in proportion to its weight, whatever its length. */
  readonly sources: readonly { readonly source: TokenSource; readonly weight: number }[];
  /** Rows of a batch. */
  readonly batch: number;
  /** Tokens of a row; each source must have at least one more. */
  readonly length: number;
  readonly seed: number;
}

/** All that a loader needs to go on bit-exactly: JSON-able. */
export interface MixState {
  readonly random: RandomState;
  /** Lengths of the sources: other data under an old state is noticed. */
  readonly lengths: readonly number[];
}

export interface MixedLoader {
  next(): Batch;
  state(): MixState;
  /** Throws `conflict` when the state belongs to other sources. */
  restore(state: MixState): void;
}

/** Random windows, drawn with replacement as in nanoGPT, from several sources. Throws `bad-request` when a source is too short. */
export function mixedLoader({ sources, batch, length, seed }: MixOptions): MixedLoader {
  const random = seededRandom(seed);
  checkSizes(batch, length);
  if (sources.length === 0) throw new InksealError("bad-request", "a mix needs at least one source");
  for (const [i, { source, weight }] of sources.entries()) {
    checkLength(source, length, `source ${i + 1} of the mix`);
    if (!(weight > 0 && weight < Infinity))
      throw new InksealError("bad-request", `source ${i + 1} of the mix has weight ${weight}`);
  }
  const total = sources.reduce((sum, { weight }) => sum + weight, 0);
  const lengths = sources.map(({ source }) => source.length);

  function draw(): TokenSource {
    let left = random() * total;
    for (const { source, weight } of sources) if ((left -= weight) < 0) return source;
    return sources.at(-1)!.source; // rounding
  }

  return {
    next() {
      const rows = emptyBatch(batch, length);
      for (let row = 0; row < batch; row++) {
        const source = draw();
        fillRow(rows, row, length, source.slice(random.below(source.length - length), length + 1));
      }
      return rows;
    },
    state: () => ({ random: random.state(), lengths }),
    restore(state) {
      if (JSON.stringify(state.lengths) !== JSON.stringify(lengths))
        throw new InksealError("conflict", `the training's data was ${state.lengths} tokens long and is now ${lengths}`);
      random.restore(state.random);
    },
  };
}

/**
 * Fixed windows, spread evenly over a source from its first token to its last: the same for every evaluation.
 * Throws `bad-request` when the source is too short for one window.
 */
export function evaluationWindows(
  source: TokenSource,
  { batch, length, batches }: { readonly batch: number; readonly length: number; readonly batches: number },
): Batch[] {
  checkSizes(batch, length);
  checkLength(source, length, "the held-out part");
  const windows = batch * batches;
  const lastStart = source.length - length - 1;
  return Array.from({ length: batches }, (_, b) => {
    const rows = emptyBatch(batch, length);
    for (let row = 0; row < batch; row++) {
      const start = windows === 1 ? 0 : Math.floor(((b * batch + row) * lastStart) / (windows - 1));
      fillRow(rows, row, length, source.slice(start, length + 1));
    }
    return rows;
  });
}

/** Cuts a source in two: its beginning to train on, and its last `share` (0 to 1) held out for evaluation. */
export function holdOut(source: TokenSource, share: number): { readonly train: TokenSource; readonly held: TokenSource } {
  if (!(share >= 0 && share < 1))
    throw new InksealError("bad-request", `a held-out share must be from 0 to under 1, not ${share}`);
  const cut = source.length - Math.floor(source.length * share);
  return { train: tokenRange(source, 0, cut), held: tokenRange(source, cut, source.length - cut) };
}

const emptyBatch = (batch: number, length: number): Batch => ({
  inputs: new Int32Array(batch * length),
  targets: new Int32Array(batch * length),
});

/** `window`: length + 1 ids. */
function fillRow({ inputs, targets }: Batch, row: number, length: number, window: ArrayLike<number>): void {
  for (let i = 0; i < length; i++) {
    inputs[row * length + i] = window[i]!;
    targets[row * length + i] = window[i + 1]!;
  }
}

function checkSizes(batch: number, length: number): void {
  if (!Number.isInteger(batch) || !Number.isInteger(length) || batch < 1 || length < 1)
    throw new InksealError("bad-request", `a batch needs at least one row of one token, not ${batch} of ${length}`);
}

function checkLength(source: TokenSource, length: number, what: string): void {
  if (source.length < length + 1)
    throw new InksealError(
      "bad-request",
      `${what} has ${source.length} tokens; windows of ${length} need at least ${length + 1}`,
    );
}
