import { floatOfHalf, halfOf } from "./half.ts";

/** How a tensor's numbers lie in a GGUF file: ggml's number of the type, values of a block, bytes of a block. */
export const ggufTypes = {
  F32: { id: 0, values: 1, bytes: 4 },
  F16: { id: 1, values: 1, bytes: 2 },
  /** 32 values of 4 bits and one scale: 4.5 bits a value. */
  Q4_0: { id: 2, values: 32, bytes: 18 },
  /** 32 values of 8 bits and one scale: 8.5 bits a value. */
  Q8_0: { id: 8, values: 32, bytes: 34 },
} as const satisfies Record<string, { readonly id: number; readonly values: number; readonly bytes: number }>;
export type GgufType = keyof typeof ggufTypes;

/** Bytes that `count` values take; `count` is a multiple of the type's block. */
export function quantisedBytes(type: GgufType, count: number): number {
  const { values, bytes } = ggufTypes[type];
  return (count / values) * bytes;
}

/**
 * Writes `values` in the type, little-endian, to the start of `out`. Q8_0 and Q4_0 round as ggml's reference does (ggml-quants.c):
 * Q8_0's scale is max |x| / 127; Q4_0's is the value of largest magnitude over −8, so that this one is met exactly.
 */
export function quantise(type: GgufType, values: Float32Array, out: Uint8Array): void {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  if (type === "F32") for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i]!, true);
  else if (type === "F16") for (let i = 0; i < values.length; i++) view.setUint16(2 * i, halfOf(values[i]!), true);
  else
    for (let block = 0; block * 32 < values.length; block++) {
      const x = values.subarray(block * 32, block * 32 + 32);
      const at = block * ggufTypes[type].bytes;
      let extreme = 0;
      for (const v of x) if (Math.abs(v) > Math.abs(extreme)) extreme = v;
      const scale = Math.fround(type === "Q8_0" ? Math.abs(extreme) / 127 : extreme / -8);
      const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
      view.setUint16(at, halfOf(scale), true);
      if (type === "Q8_0") for (let i = 0; i < 32; i++) view.setInt8(at + 2 + i, roundAway(Math.fround(x[i]! * inverse)));
      else {
        const nibble = (v: number) => Math.min(15, Math.trunc(Math.fround(Math.fround(v * inverse) + 8.5)));
        for (let i = 0; i < 16; i++) view.setUint8(at + 2 + i, nibble(x[i]!) | (nibble(x[i + 16]!) << 4));
      }
    }
}

/** What a reader makes of quantised bytes: `count` values. */
export function dequantise(type: GgufType, bytes: Uint8Array, count: number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    if (type === "F32") out[i] = view.getFloat32(4 * i, true);
    else if (type === "F16") out[i] = floatOfHalf(view.getUint16(2 * i, true));
    else {
      const at = Math.floor(i / 32) * ggufTypes[type].bytes;
      const scale = floatOfHalf(view.getUint16(at, true));
      if (type === "Q8_0") out[i] = scale * view.getInt8(at + 2 + (i % 32));
      else out[i] = scale * (((view.getUint8(at + 2 + (i % 16)) >> (i % 32 < 16 ? 0 : 4)) & 15) - 8);
    }
  }
  return out;
}

/** C's roundf: halves away from zero. */
const roundAway = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
