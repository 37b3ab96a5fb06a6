import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seeded } from "../../test/scene.ts";
import { code as audio } from "./audio/code.ts";
import { code as image } from "./image/code.ts";
import { PayloadCode } from "./payload.ts";

const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const normal = (random: () => number): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

describe.each([
  ["audio", audio],
  ["image", image],
])("the code of %s", (_, code) => {
  test("what was encoded is decoded, by its own key only", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: code.bytes, maxLength: code.bytes }), (payload) => {
        const word = code.encode(payload, key);
        expect(word).toHaveLength(code.codedBits);
        const soft = Float64Array.from(word, (bit) => 1 - 2 * bit);
        expect(code.decode(soft, key)).toEqual(payload);
        expect(
          code.decode(
            soft,
            key.map((b) => b ^ 1),
          ),
        ).not.toEqual(payload);
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  test("at 3 dB a payload's bit (Eb/N0), 49 of 50 words and more come back", () => {
    const random = seeded(1);
    const level = Math.sqrt((4 * 8 * code.bytes) / code.codedBits); // of the signal, where the noise's is 1
    let right = 0;
    for (let n = 0; n < 50; n++) {
      const payload = Uint8Array.from({ length: code.bytes }, () => 256 * random());
      const noisy = Float64Array.from(code.encode(payload, key), (bit) => (1 - 2 * bit) * level + normal(random));
      if (String(code.decode(noisy, key)) === String(payload)) right++;
    }
    expect(right).toBeGreaterThanOrEqual(49);
  });

  test("noise alone seldom passes the check", () => {
    const random = seeded(2);
    let passed = 0;
    for (let n = 0; n < 100; n++)
      if (
        code.decode(
          Float64Array.from({ length: code.codedBits }, () => normal(random)),
          key,
        ) !== undefined
      )
        passed++;
    expect(passed).toBeLessThanOrEqual(2); // 100 · 32/65536 = 0.05 expected at most
  });

  test("payloads of another length are refused", () => {
    expect(() => code.encode(new Uint8Array(code.bytes + 1), key)).toThrow(RangeError);
  });
});

test("the chance of a false payload is the list's share of all checks", () => {
  expect(audio.chance).toBe(32 / 65536);
  expect(() => new PayloadCode({ bytes: 8, codedBits: 64, list: 1 })).toThrow(RangeError);
});
