import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dequantise, quantise, quantisedBytes } from "./gguf-quant.ts";

const around = (type: "Q8_0" | "Q4_0" | "F16" | "F32", values: Float32Array): Float32Array => {
  const bytes = new Uint8Array(quantisedBytes(type, values.length));
  quantise(type, values, bytes);
  return dequantise(type, bytes, values.length);
};
const blocks = fc
  .array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 64, maxLength: 64 })
  .map((values) => Float32Array.from(values));

describe("blocks of 32", () => {
  it("take the bytes that ggml says", () => {
    expect((["F32", "F16", "Q8_0", "Q4_0"] as const).map((type) => quantisedBytes(type, 64))).toEqual([256, 128, 68, 36]);
  });
  it("lie as ggml lays them", () => {
    const ramp = Float32Array.from({ length: 32 }, (_, i) => i - 16);
    const eight = new Uint8Array(34);
    quantise(
      "Q8_0",
      ramp.map((v) => v * 127),
      eight,
    ); // scale 16, the step between values 127/16
    expect([...eight.subarray(0, 2)]).toEqual([0x00, 0x4c]);
    expect([...new Int8Array(eight.buffer, 2, 4)]).toEqual([-127, -119, -111, -103]);
    const four = new Uint8Array(18);
    quantise("Q4_0", ramp, four); // scale 2: −16 is nibble 0, 0 is 8
    expect([...four.subarray(0, 2)]).toEqual([0x00, 0x40]);
    expect([four[2], four[17]]).toEqual([0x80, 0xf8]); // (−16, 0), and (−1 → 8, 15 → 15)
  });
  it("err by half a step at most, and keep zeros", () => {
    fc.assert(
      fc.property(blocks, (values) => {
        const [eight, four] = [around("Q8_0", values), around("Q4_0", values)];
        for (let start = 0; start < 64; start += 32) {
          const block = values.subarray(start, start + 32);
          const most = Math.max(...block.map(Math.abs));
          for (let i = start; i < start + 32; i++) {
            // the scale itself is rounded to 11 bits; Q4_0 has one step fewer on one side
            if (Math.abs(eight[i]! - values[i]!) > most * (0.5 / 127 + 2 ** -11) + 1e-5) return false;
            if (Math.abs(four[i]! - values[i]!) > most * (1 / 8 + 2 ** -11) + 1e-5) return false;
          }
        }
        return true;
      }),
    );
    expect(around("Q4_0", new Float32Array(32)).every((v) => v === 0)).toBe(true);
    expect(around("Q8_0", new Float32Array(32)).every((v) => v === 0)).toBe(true);
  });
});
