import { expect, test } from "vitest";
import { seededRandom } from "../data/random.ts";
import { curvature } from "./curvature.ts";
import type { Decoder } from "./decoder.ts";
import { pick } from "./sampler.ts";

const vocab = 12;
/** Each token makes its own distribution of the next, of very different entropies. */
const rowOf = (token: number): Float32Array =>
  Float32Array.from({ length: vocab }, (_, i) => ((i * 7 + token * 5) % 12) * (0.1 + (token % 4) * 0.15));
const decoder: Decoder = {
  vocab,
  context: 400,
  open: () => ({ length: 0, truncate: () => undefined, fork: () => decoder.open(), close: () => undefined }),
  feed: (work, every) => work.map(({ tokens }) => (every ? tokens : tokens.slice(-1)).map(rowOf)),
};
function text(length: number, seed: number, temperature: number): number[] {
  const random = seededRandom(seed);
  const tokens = [seed % vocab];
  while (tokens.length < length) {
    const weights = rowOf(tokens.at(-1)!).map((l) => Math.exp(l / temperature));
    tokens.push(pick(weights, random));
  }
  return tokens;
}

test("what the model drew has a mean of 0 and a variance of 1; colder text more, foreign text less", () => {
  const scores = Array.from({ length: 400 }, (_, seed) => curvature(decoder, text(300, seed + 1, 1))!.score);
  const mean = scores.reduce((a, b) => a + b) / scores.length;
  const variance = scores.reduce((sum, s) => sum + (s - mean) ** 2, 0) / scores.length;
  expect(Math.abs(mean)).toBeLessThan(0.2);
  expect(Math.abs(variance - 1)).toBeLessThan(0.25);
  for (let seed = 1; seed < 10; seed++) {
    expect(curvature(decoder, text(300, seed, 0.5))!.score).toBeGreaterThan(4);
    expect(curvature(decoder, text(300, seed, 4))!.score).toBeLessThan(-4);
  }
});

test("as many tokens as the context holds; nothing of a single one", () => {
  expect(curvature(decoder, text(1000, 1, 1))!.tokens).toBe(399);
  expect(curvature(decoder, [3])).toBeUndefined();
});
