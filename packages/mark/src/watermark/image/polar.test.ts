import fc from "fast-check";
import { expect, test } from "vitest";
import { seeded } from "../../../test/scene.ts";
import { codeLength, decodePayload, encodePayload } from "./polar.ts";

const payloads = fc.uint8Array({ minLength: 8, maxLength: 8 });
const normal = (random: () => number): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

test("what was encoded is decoded", () => {
  fc.assert(
    fc.property(payloads, (payload) => {
      const word = encodePayload(payload);
      expect(word.length).toBe(codeLength);
      expect(decodePayload(Float64Array.from(word, (bit) => 1 - 2 * bit))[0]).toEqual(payload);
    }),
  );
});

test("the code is linear: the sum of two words is the word of the sum, up to the check's constant", () => {
  const zero = encodePayload(new Uint8Array(8));
  fc.assert(
    fc.property(payloads, payloads, (a, b) => {
      const sum = encodePayload(a.map((x, i) => x ^ (b[i] as number)));
      const [wa, wb] = [encodePayload(a), encodePayload(b)];
      expect(sum).toEqual(wa.map((bit, i) => bit ^ (wb[i] as number) ^ (zero[i] as number)));
    }),
  );
});

test("at a signal of half the noise's strength, 49 of 50 words and more come back", () => {
  const random = seeded(1);
  let right = 0;
  for (let n = 0; n < 50; n++) {
    const payload = Uint8Array.from({ length: 8 }, () => 256 * random());
    const noisy = Float64Array.from(encodePayload(payload), (bit) => (1 - 2 * bit) * Math.SQRT1_2 + normal(random));
    if (String(decodePayload(noisy)[0]) === String(payload)) right++;
  }
  expect(right).toBeGreaterThanOrEqual(49);
});

test("noise alone seldom passes the check: at most the list's share of 2^16", () => {
  const random = seeded(2);
  let passed = 0;
  for (let n = 0; n < 200; n++) passed += decodePayload(Float64Array.from({ length: codeLength }, () => normal(random))).length;
  expect(passed).toBeLessThanOrEqual(2); // 200·16/65536 = 0.05 expected
});

test("any numbers are taken: the list is never longer than asked", () => {
  fc.assert(
    fc.property(fc.float64Array({ minLength: codeLength, maxLength: codeLength, noNaN: true }), (llrs) => {
      expect(decodePayload(llrs, 4).length).toBeLessThanOrEqual(4);
    }),
    { numRuns: 30 },
  );
});
