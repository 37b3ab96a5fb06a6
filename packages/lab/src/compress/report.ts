import { breathe } from "../infer/breathe.ts";
import type { Decoder } from "../infer/decoder.ts";
import type { EnergyMeter } from "../train/energy.ts";
import type { MixedWeights } from "../weights.ts";
import { packModel } from "./model-file.ts";

/** A model to be measured. */
export interface Candidate {
  readonly name: string;
  readonly weights: MixedWeights;
}
/** A line of the table; the first candidate is what the others are compared with. */
export interface CompressionRow {
  readonly name: string;
  /** On disk, as {@link packModel} writes it. */
  readonly bytes: number;
  /** Greedy decoding of one sequence, median of the rounds. */
  readonly tokensPerSecond: number;
  readonly joulesPerThousandTokens: number;
  /** exp(mean nats a token) of the held-out windows. */
  readonly perplexity: number;
  /** What the perplexity rose by, as a share of the first candidate's: 0.01 is 1 %. */
  readonly cost: number;
}
export interface Measurement<C extends Candidate> {
  /** Opens a candidate for decoding. */
  readonly decoder: (candidate: C) => Decoder & { close?(): void };
  /** Held-out text: each window is at most one token longer than the context. */
  readonly windows: readonly ArrayLike<number>[];
  /** Tokens of a round; by default 256, at most the context. */
  readonly tokens?: number;
  /** 3. */
  readonly rounds?: number;
  /** Milliseconds. */
  readonly now: () => number;
  readonly energy: EnergyMeter;
  readonly signal?: AbortSignal | undefined;
}

/** Size, speed, energy and quality of each candidate, one row after the other. Throws `cancelled` after an abort. */
export async function* compressionTable<C extends Candidate>(
  candidates: Iterable<C> | AsyncIterable<C>,
  m: Measurement<C>,
): AsyncGenerator<CompressionRow & { readonly candidate: C }> {
  let first: number | undefined;
  for await (const candidate of candidates) {
    const decoder = m.decoder(candidate);
    try {
      const perplexity = Math.exp(await heldOutNats(decoder, m.windows, m.signal));
      first ??= perplexity;
      yield {
        name: candidate.name,
        bytes: packModel(candidate.weights).length,
        ...speed(decoder, m),
        perplexity,
        cost: perplexity / first - 1,
        candidate,
      };
    } finally {
      decoder.close?.();
    }
  }
}

/**
 * Mean nats of each window's tokens after its first, by the decoder itself: with quantised activations where it has them. Other work runs in between;
 * throws `cancelled` after an abort.
 */
export async function heldOutNats(
  decoder: Decoder,
  windows: readonly ArrayLike<number>[],
  signal?: AbortSignal,
): Promise<number> {
  const together = 16;
  let sum = 0;
  let count = 0;
  for (let from = 0; from < windows.length; from += together) {
    await breathe(signal);
    const some = windows.slice(from, from + together).map((window) => Array.from(window));
    const work = some.map((window) => ({ sequence: decoder.open(), tokens: window.slice(0, -1) }));
    decoder.feed(work, true).forEach((rows, w) => {
      rows.forEach((logits, i) => {
        sum += surprise(logits, some[w]![i + 1]!);
        count++;
      });
    });
    for (const { sequence } of work) sequence.close();
  }
  return sum / count;
}

/** −log softmax(logits)[token]. */
function surprise(logits: Float32Array, token: number): number {
  let top = -Infinity;
  for (const x of logits) if (x > top) top = x;
  let sum = 0;
  for (const x of logits) sum += Math.exp(x - top);
  return top + Math.log(sum) - logits[token]!;
}

function speed<C extends Candidate>(
  decoder: Decoder,
  { windows, now, energy, tokens = 256, rounds = 3 }: Measurement<C>,
): Pick<CompressionRow, "tokensPerSecond" | "joulesPerThousandTokens"> {
  const count = Math.min(tokens, decoder.context);
  const start = windows[0]![0]!;
  decode(decoder, start, Math.min(8, count)); // compiles
  const joules = energy.joules();
  const speeds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = now();
    decode(decoder, start, count);
    speeds.push(count / Math.max((now() - began) / 1000, 1e-9));
  }
  speeds.sort((a, b) => a - b);
  return {
    tokensPerSecond: speeds[speeds.length >> 1]!,
    joulesPerThousandTokens: ((energy.joules() - joules) / (rounds * count)) * 1000,
  };
}

function decode(decoder: Decoder, start: number, count: number): void {
  const sequence = decoder.open();
  let token = start;
  for (let i = 0; i < count; i++) {
    const logits = decoder.feed([{ sequence, tokens: [token] }])[0]![0]!;
    token = logits.reduce((best, x, at) => (x > logits[best]! ? at : best), 0);
  }
  sequence.close();
}
