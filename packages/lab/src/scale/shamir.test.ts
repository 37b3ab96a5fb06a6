import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import { joinShares, splitSecret } from "./shamir.ts";

/** A secret, a scheme, and at least `threshold` of its shares in any order. */
const scheme = fc.integer({ min: 1, max: 20 }).chain((count) =>
  fc.integer({ min: 1, max: count }).chain((threshold) =>
    fc.record({
      secret: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      count: fc.constant(count),
      threshold: fc.constant(threshold),
      order: fc.shuffledSubarray([...Array(count).keys()], { minLength: threshold }),
    }),
  ),
);

describe("Shamir's shares", () => {
  it("any threshold of them, in any order, give the secret", () => {
    fc.assert(
      fc.property(scheme, ({ secret, count, threshold, order }) => {
        const shares = splitSecret(secret, count, threshold);
        expect(joinShares(order.map((i) => shares[i]!))).toEqual(secret);
      }),
    );
  });
  it("one less than the threshold fits every secret equally: the missing share decides", () => {
    const secret = Uint8Array.of(42);
    const known = splitSecret(secret, 5, 3).slice(0, 2);
    const possible = new Set(Array.from({ length: 256 }, (_, y) => joinShares([...known, { x: 3, y: Uint8Array.of(y) }])[0]));
    expect(possible.size).toBe(256);
  });
  it("one share of one secret takes all values (chi-squared under the 99.9 % point of 255 degrees)", () => {
    const bins = new Array(256).fill(0);
    const random = seededRandom(2);
    const entropy = (n: number) => Uint8Array.from({ length: n }, () => random.below(256));
    for (let i = 0; i < 200; i++) for (const y of splitSecret(new Uint8Array(128), 3, 2, entropy)[2]!.y) bins[y]++;
    expect(bins.reduce((sum, n) => sum + (n - 100) ** 2 / 100, 0)).toBeLessThan(330.5);
  });
  it("shares add up: the sum of shares is a share of the sum", () => {
    const [a, b] = [Uint8Array.of(1, 200), Uint8Array.of(7, 9)].map((secret) => splitSecret(secret, 4, 2));
    const sums = a!.map(({ x, y }, i) => ({ x, y: y.map((v, j) => v ^ b![i]!.y[j]!) }));
    expect(joinShares(sums.slice(2))).toEqual(Uint8Array.of(1 ^ 7, 200 ^ 9));
  });
  it("is the field of AES: FIPS 197's {57} times {13} is {fe}", () => {
    // secret 0x00, slope 0x57, at x = 0x13
    expect(splitSecret(Uint8Array.of(0), 0x13, 2, () => Uint8Array.of(0x57))[0x12]!.y[0]).toBe(0xfe);
  });
  it("refuses what cannot be split or joined", () => {
    const bad = expect.objectContaining({ code: "bad-request" });
    for (const [count, threshold] of [
      [3, 4],
      [3, 0],
      [256, 2],
      [2.5, 2],
    ] as const)
      expect(() => splitSecret(Uint8Array.of(1), count, threshold)).toThrow(bad);
    const [one, two] = splitSecret(Uint8Array.of(1), 2, 2);
    for (const shares of [[], [one!, one!], [one!, { x: 2, y: new Uint8Array(2) }], [{ x: 0, y: two!.y }]])
      expect(() => joinShares(shares)).toThrow(bad);
  });
});
