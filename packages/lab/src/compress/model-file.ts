import { InksealError } from "@inkseal/core";
import { type Integers, readSafetensors, writeSafetensors } from "../export/safetensors.ts";
import { isQuantised } from "../infer/matrices.ts";
import type { MixedWeights, QuantisedMatrix, Values } from "../weights.ts";
import { groupSize, integersOf, quantisedFrom } from "./group.ts";

/**
 * A compressed model as safetensors. A quantised matrix N is stored as N (I8 [n, k], or U8 [n, k/2]) and N.scales (F32 [n, k/32]). What has enough zeros to
 * be smaller so is stored as N.bits (U8: bit i % 8 of byte i/8 is set where value i is not 0), N.values (those values: F32, I8, or U8 with two of 4 bits in
 * a byte, the first in its low half, both plus 8), N.shape (I32) and, quantised, N.scales.
 */
export function packModel(weights: MixedWeights, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const floats = new Map<string, Values>();
  const integers = new Map<string, Integers>();
  for (const [name, value] of weights) {
    const quantised = isQuantised(value);
    const dense = quantised ? integersOf(value) : value.data;
    const values = dense.filter((x) => x !== 0);
    const bits = quantised ? value.bits : 32;
    const bytes = Math.ceil(dense.length / 8);
    const entries = 2 * (64 + name.length); // two more in the header
    const sparse = Math.ceil((values.length * bits) / 8) + bytes + 4 * value.shape.length + entries < value.data.byteLength;
    if (quantised) {
      const [n, k] = value.shape;
      floats.set(`${name}.scales`, { shape: [n, k / groupSize], data: value.scales });
      if (!sparse) integers.set(name, { shape: [n, bits === 8 ? k : k / 2], data: value.data });
    } else if (!sparse) floats.set(name, value);
    if (!sparse) continue;
    const at = new Uint8Array(bytes);
    dense.forEach((x, i) => {
      if (x !== 0) at[i >> 3]! |= 1 << (i & 7);
    });
    integers.set(`${name}.bits`, { shape: [bytes], data: at });
    integers.set(`${name}.shape`, { shape: [value.shape.length], data: Int32Array.from(value.shape) });
    if (values instanceof Float32Array) floats.set(`${name}.values`, { shape: [values.length], data: values });
    else {
      const data = bits === 8 ? values : nibbles(values);
      integers.set(`${name}.values`, { shape: [data.length], data });
    }
  }
  return writeSafetensors(floats, metadata, integers);
}

/** What {@link packModel} packed, in no particular order. A plain safetensors file is a packed model too. Throws `bad-file`. */
export function unpackModel(bytes: Uint8Array): { weights: MixedWeights; metadata: Record<string, string> } {
  const { weights: floats, integers, metadata } = readSafetensors(bytes);
  const weights = new Map<string, Values | QuantisedMatrix>();
  const left = new Map(floats);
  const take = (name: string): Values => {
    const found = left.get(name);
    left.delete(name);
    return found ?? fail(`it lacks ${name}`);
  };
  for (const [name, value] of integers) {
    if (name.endsWith(".shape") || name.endsWith(".values")) continue; // read with their bits
    if (!name.endsWith(".bits")) {
      weights.set(name, quantisedOf(name, value, take(`${name}.scales`)));
      continue;
    }
    const stem = name.slice(0, -5);
    const shape = [...(integers.get(`${stem}.shape`)?.data ?? fail(`it lacks ${stem}.shape`))];
    const whole = integers.get(`${stem}.values`);
    if (whole === undefined) weights.set(stem, { shape, data: spread(stem, value.data, take(`${stem}.values`).data, shape) });
    else weights.set(stem, sparseOf(stem, { bits: value.data, values: whole.data, shape }, take(`${stem}.scales`)));
  }
  for (const [name, value] of left) weights.set(name, value);
  return { weights, metadata };
}

function quantisedOf(name: string, { shape, data }: Integers, scales: Values): QuantisedMatrix {
  const bits = data instanceof Int8Array ? 8 : 4;
  const [n, columns] = shape;
  const groups = scales.shape[1];
  const fits = shape.length === 2 && scales.shape.length === 2 && scales.shape[0] === n;
  if (data instanceof Int32Array || !fits || columns! * (8 / bits) !== groups! * groupSize)
    return fail(`${name} [${shape}] and its scales [${scales.shape}] do not belong together`);
  return { shape: [n!, groups! * groupSize], bits, data, scales: scales.data };
}

interface Sparse {
  readonly bits: ArrayLike<number>;
  readonly values: Integers["data"];
  readonly shape: readonly number[];
}
function sparseOf(name: string, { bits, values, shape }: Sparse, scales: Values): QuantisedMatrix {
  const [n, k] = shape as [number, number];
  if (values instanceof Int32Array || shape.length !== 2 || `${scales.shape}` !== `${[n, k / groupSize]}`)
    return fail(`${name} [${shape}] and its scales [${scales.shape}] do not belong together`);
  if (values instanceof Int8Array)
    return { shape: [n, k], bits: 8, data: spread(name, bits, values, shape), scales: scales.data };
  let set = 0;
  for (let i = 0; i < n * k; i++) set += (bits[i >> 3]! >> (i & 7)) & 1;
  if (values.length !== Math.ceil(set / 2)) return fail(`${name} has ${values.length} bytes of values for ${set} bits`);
  const each = Int8Array.from({ length: set }, (_, i) => ((values[i >> 1]! >> (4 * (i & 1))) & 15) - 8);
  return quantisedFrom([n, k], 4, spread(name, bits, each, shape), scales.data);
}

/** Values at the places of the set bits, zeros elsewhere. */
function spread<A extends Float32Array | Int8Array>(
  name: string,
  bits: ArrayLike<number>,
  values: A,
  shape: readonly number[],
): A {
  const count = shape.reduce((product, side) => product * side, 1);
  if (shape.some((side) => side < 0) || Math.ceil(count / 8) !== bits.length)
    return fail(`${name} of shape [${shape}] does not have ${bits.length} bytes of bits`);
  const data = (values instanceof Float32Array ? new Float32Array(count) : new Int8Array(count)) as A;
  let used = 0;
  for (let i = 0; i < count; i++) if (((bits[i >> 3]! >> (i & 7)) & 1) === 1) data[i] = values[used++] ?? 0;
  if (used !== values.length) return fail(`${name} has ${values.length} values for ${used} bits`);
  return data;
}

/** Integers of 4 bits, two in a byte. */
function nibbles(integers: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(integers.length / 2));
  for (let i = 0; i < integers.length; i++) bytes[i >> 1]! |= (integers[i]! + 8) << (4 * (i & 1));
  return bytes;
}

function fail(message: string): never {
  throw new InksealError("bad-file", `not a compressed model: ${message}`);
}
