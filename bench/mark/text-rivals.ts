/** Other watermarks for sampled text, as they are published, to be measured beside ours: their numbers go by the words before. */
import { createHash } from "node:crypto";
import type { Draw } from "@inkseal/lab";

/** Marks and finds one way. `score` has mean 0 and, for the normal bound, unit variance a sum; `chance` is its one-sided p-value. */
export interface Rival {
  readonly name: string;
  draw(key: Uint8Array): Draw;
  chance(tokens: readonly number[], key: Uint8Array): number;
}

const width = 4; // tokens before, as in SynthID-Text and in vLLM's default

const seedOf = (key: Uint8Array, context: readonly number[]): Buffer =>
  createHash("sha256").update(key).update(context.join()).digest();

/** A number from 0 to 1 for a token under a seed. */
function numberOf(seed: Buffer, token: number, layer = 0): number {
  let w = seed.readUInt32LE(0) ^ Math.imul(token + 1, 0x9e3779b1) ^ Math.imul(layer + 1, 0x85ebca6b);
  for (const [shift, factor] of [
    [16, 0x85ebca6b],
    [13, 0xc2b2ae35],
  ] as const)
    w = Math.imul(w ^ (w >>> shift), factor) ^ seed.readUInt32LE(4 + (shift & 4));
  return (((w ^ (w >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}

/** Contexts are marked and judged the first time that they come (repeated-context masking). */
function fresh(seen: Set<string>, context: readonly number[]): boolean {
  const name = context.join();
  if (context.length < width || seen.has(name)) return false;
  seen.add(name);
  return true;
}

function ordinary(probabilities: ArrayLike<number>, random: () => number): number {
  let left = random();
  for (let i = 0; i < probabilities.length; i++) if ((left -= probabilities[i]!) < 0) return i;
  return probabilities.length - 1;
}

/** Aaronson's: the least −log(u) / p, numbers by the four tokens before. */
export const gumbel: Rival = {
  name: "Gumbel, 4 tokens before",
  draw(key) {
    const seen = new Set<string>();
    return (probabilities, tokens, random, context) => {
      const before = context.tokens.slice(-width);
      if (!fresh(seen, before)) return ordinary(probabilities, random);
      const seed = seedOf(key, before);
      let best = 0;
      let least = Number.POSITIVE_INFINITY;
      for (let i = 0; i < tokens.length; i++) {
        const wait = -Math.log(numberOf(seed, tokens[i]!)) / probabilities[i]!;
        if (wait < least) {
          least = wait;
          best = i;
        }
      }
      return best;
    };
  },
  chance(tokens, key) {
    const seen = new Set<string>();
    let sum = 0;
    let n = 0;
    for (let i = width; i < tokens.length; i++) {
      const before = tokens.slice(i - width, i);
      if (!fresh(seen, before)) continue;
      sum -= Math.log(1 - numberOf(seedOf(key, before), tokens[i]!));
      n++;
    }
    return sum <= n ? 1 : Math.exp(n - sum + n * Math.log(sum / n));
  },
};

const layers = 30;
/** SynthID-Text (Dathathri et al. 2024), not distorting: a tournament of 30 layers between two, in its vector form; the mean of all layers' bits. */
export const tournament: Rival = {
  name: "tournament of 30 layers, 4 tokens before",
  draw(key) {
    const seen = new Set<string>();
    return (probabilities, tokens, random, context) => {
      const before = context.tokens.slice(-width);
      if (!fresh(seen, before)) return ordinary(probabilities, random);
      const seed = seedOf(key, before);
      const p = Float64Array.from(probabilities);
      for (let layer = 0; layer < layers; layer++) {
        const won = p.map((_, i) => (numberOf(seed, tokens[i]!, layer) < 0.5 ? 1 : 0));
        let mass = 0;
        for (let i = 0; i < p.length; i++) mass += p[i]! * won[i]!;
        for (let i = 0; i < p.length; i++) p[i]! *= 1 + won[i]! - mass;
      }
      return ordinary(p, random);
    };
  },
  chance(tokens, key) {
    const seen = new Set<string>();
    // early layers say more: weights falling from 10 to 1, as in its authors' weighted mean
    const weights = Array.from({ length: layers }, (_, l) => 10 - (9 * l) / (layers - 1));
    let sum = 0;
    let variance = 0;
    for (let i = width; i < tokens.length; i++) {
      const before = tokens.slice(i - width, i);
      if (!fresh(seen, before)) continue;
      const seed = seedOf(key, before);
      for (const [l, w] of weights.entries()) {
        sum += w * (numberOf(seed, tokens[i]!, l) < 0.5 ? 0.5 : -0.5);
        variance += w * w * 0.25;
      }
    }
    return sum <= 0 || variance === 0 ? 1 : Math.exp(-(sum ** 2) / (2 * variance));
  },
};
