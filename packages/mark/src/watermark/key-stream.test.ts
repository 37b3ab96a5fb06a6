import fc from "fast-check";
import { expect, test } from "vitest";
import { KeyStream } from "./key-stream.ts";

const keys = fc.uint8Array({ minLength: 32, maxLength: 32 });

test("a key and a purpose tell the same numbers again, another purpose or key tells others", () => {
  fc.assert(
    fc.property(keys, (key) => {
      const draw = (k: Uint8Array, purpose: string) => new KeyStream(k, purpose).order(64);
      expect(draw(key, "a")).toEqual(draw(key, "a"));
      expect(draw(key, "a")).not.toEqual(draw(key, "b"));
      expect(draw(key, "a")).not.toEqual(
        draw(
          key.map((b) => b ^ 1),
          "a",
        ),
      );
    }),
    { numRuns: 20 },
  );
});

test("orders are permutations, numbers stay below their bound, signs are even", () => {
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 4096 }), (key, n) => {
      const stream = new KeyStream(key, "test");
      expect(stream.order(n).sort()).toEqual(Uint16Array.from({ length: n }, (_, i) => i));
      expect(stream.below(n)).toBeLessThan(n);
    }),
    { numRuns: 20 },
  );
  const stream = new KeyStream(new Uint8Array(32), "test");
  let sum = 0;
  for (let i = 0; i < 10_000; i++) sum += stream.sign();
  expect(Math.abs(sum)).toBeLessThan(400); // four standard deviations
});

test("a key of another length is refused", () => {
  expect(() => new KeyStream(new Uint8Array(31), "test")).toThrow(RangeError);
});
