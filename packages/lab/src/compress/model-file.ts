import { InksealError } from "@inkseal/core";
import { type Integers, readSafetensors, writeSafetensors } from "../export/safetensors.ts";
import { isQuantised } from "../infer/matrices.ts";
import type { MixedWeights, QuantisedMatrix, Values } from "../weights.ts";
import { groupSize } from "./group.ts";

/**
 * A compressed model as safetensors. A quantised matrix N is stored as N (I8 [n, k], or U8 [n, k/2]) and N.scales (F32 [n, k/32]). Weights with enough zeros to
 * be smaller so are stored as N.bits (U8: bit i % 8 of byte i/8 is set where value i is not 0), N.values (F32, those values) and N.shape (I32).
 */
export function packModel(weights: MixedWeights, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const floats = new Map<string, Values>();
  const integers = new Map<string, Integers>();
  for (const [name, value] of weights) {
    if (isQuantised(value)) {
      const [n, k] = value.shape;
      integers.set(name, { shape: [n, value.bits === 8 ? k : k / 2], data: value.data });
      floats.set(`${name}.scales`, { shape: [n, k / groupSize], data: value.scales });
      continue;
    }
    const { shape, data } = value;
    const values = data.filter((x) => x !== 0);
    const bytes = Math.ceil(data.length / 8);
    if (values.byteLength + bytes + 4 * shape.length >= data.byteLength) {
      floats.set(name, value);
      continue;
    }
    const bits = new Uint8Array(bytes);
    data.forEach((x, i) => {
      if (x !== 0) bits[i >> 3]! |= 1 << (i & 7);
    });
    floats.set(`${name}.values`, { shape: [values.length], data: values });
    integers.set(`${name}.bits`, { shape: [bytes], data: bits });
    integers.set(`${name}.shape`, { shape: [shape.length], data: Int32Array.from(shape) });
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
    if (name.endsWith(".shape")) continue; // read with its bits
    if (name.endsWith(".bits")) {
      const stem = name.slice(0, -5);
      const shape = integers.get(`${stem}.shape`)?.data ?? fail(`it lacks ${stem}.shape`);
      weights.set(stem, spread(stem, value.data, take(`${stem}.values`).data, [...shape]));
    } else weights.set(name, quantisedOf(name, value, take(`${name}.scales`)));
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

function spread(name: string, bits: ArrayLike<number>, values: Float32Array, shape: readonly number[]): Values {
  const count = shape.reduce((product, side) => product * side, 1);
  if (shape.some((side) => side < 0) || Math.ceil(count / 8) !== bits.length)
    return fail(`${name} of shape [${shape}] does not have ${bits.length} bytes of bits`);
  const data = new Float32Array(count);
  let used = 0;
  for (let i = 0; i < count; i++) if (((bits[i >> 3]! >> (i & 7)) & 1) === 1) data[i] = values[used++] ?? Number.NaN;
  if (used !== values.length) return fail(`${name} has ${values.length} values for ${used} bits`);
  return { shape, data };
}

function fail(message: string): never {
  throw new InksealError("bad-file", `not a compressed model: ${message}`);
}
