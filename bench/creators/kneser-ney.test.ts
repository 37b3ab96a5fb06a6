import { expect, it } from "vitest";
import { KneserNey } from "./kneser-ney.ts";

const vocab = 12;
const tokens = Uint16Array.from({ length: 4000 }, (_, i) => (i * i + (i % 7) * (i % 3)) % vocab);

it("gives a distribution after every history", () => {
  const grams = new KneserNey(tokens, 5, vocab);
  for (const history of [[], [3], [1, 2], [5, 5, 5, 5], [11, 0, 4, 9]]) {
    const sum = Array.from({ length: vocab }, (_, w) => grams.probability([...history, w], history.length, 0)).reduce(
      (a, b) => a + b,
      0,
    );
    expect(sum).toBeCloseTo(1, 9);
  }
});

it("knows what it has seen better than what it has not", () => {
  const grams = new KneserNey(tokens, 5, vocab);
  const seen = grams.probability(tokens.subarray(100, 105), 4, 0);
  const others = Array.from({ length: vocab }, (_, w) => grams.probability([...tokens.subarray(100, 104), w], 4, 0));
  expect(seen).toBe(Math.max(...others));
});
