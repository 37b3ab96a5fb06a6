/**
 * safetensors (Hugging Face, format 0.4): a little-endian u64 length, that many bytes of JSON header, then the tensors' bytes.
 * The header maps each name to {dtype, shape, data_offsets}; the ranges cover the data exactly, without gap or overlap.
 * https://huggingface.co/docs/safetensors
 */
import { InksealError } from "@inkseal/core";
import * as z from "zod";
import type { Values, Weights } from "../weights.ts";
import { widenBfloat, widenHalf } from "./half.ts";

/** A tensor of whole numbers, such as quantised weights: row-major. */
export interface Integers {
  readonly shape: readonly number[];
  readonly data: Int8Array | Uint8Array | Int32Array;
}

export interface Safetensors {
  /** F32, F16 and BF16 tensors, all as float32, in the order of their bytes. */
  readonly weights: Weights;
  /** I8, U8 and I32 tensors. */
  readonly integers: ReadonlyMap<string, Integers>;
  readonly metadata: Record<string, string>;
}

/** The reference implementation's limit for the header, bytes. */
const longestHeader = 100_000_000;

const whole = z.int().min(0);
const Entry = z.strictObject({
  dtype: z.string().max(20),
  shape: z.array(whole).max(32),
  data_offsets: z.tuple([whole, whole]),
});

/** Bytes of an element, and how a copy of a tensor's bytes becomes values. Typed arrays are little-endian wherever JavaScript runs. */
const dtypes = {
  F32: { size: 4, values: (b: ArrayBuffer) => new Float32Array(b) },
  F16: { size: 2, values: (b: ArrayBuffer) => widenHalf(new Uint16Array(b)) },
  BF16: { size: 2, values: (b: ArrayBuffer) => widenBfloat(new Uint16Array(b)) },
  I32: { size: 4, values: (b: ArrayBuffer) => new Int32Array(b) },
  I8: { size: 1, values: (b: ArrayBuffer) => new Int8Array(b) },
  U8: { size: 1, values: (b: ArrayBuffer) => new Uint8Array(b) },
} as const;

const bad = (message: string, cause?: unknown) =>
  new InksealError("bad-file", `not a sound safetensors file: ${message}`, { cause });

/** Reads a whole file. The values are copies. Throws `bad-file`, saying what, unless every byte is accounted for. */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  if (bytes.length < 8) throw bad(`it has ${bytes.length} bytes, fewer than the 8 of its header's length`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > longestHeader) throw bad(`its header claims ${length} bytes, over the limit of ${longestHeader}`);
  if (length > bytes.length - 8) throw bad(`its header claims ${length} bytes, but the file ends after ${bytes.length - 8}`);
  const { entries, metadata } = readHeader(bytes.subarray(8, 8 + length));
  const data = bytes.subarray(8 + length);

  const weights = new Map<string, Values>();
  const integers = new Map<string, Integers>();
  let end = 0;
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  for (const { name, dtype, shape, ...at } of entries) {
    const tensor = JSON.stringify(name);
    const format = Object.hasOwn(dtypes, dtype) ? dtypes[dtype as keyof typeof dtypes] : undefined;
    if (format === undefined)
      throw bad(`${tensor} has dtype ${JSON.stringify(dtype)}; the Lab reads ${Object.keys(dtypes).join(", ")}`);
    if (at.begin !== end)
      throw bad(`${tensor} starts at ${at.begin}, where ${end} was due: tensors must neither overlap nor leave gaps`);
    const needed = shape.reduce((product, side) => product * side, format.size);
    if (at.end - at.begin !== needed) throw bad(`${tensor} has ${at.end - at.begin} bytes, but its shape needs ${needed}`);
    if (at.end > data.length) throw bad(`${tensor} ends at ${at.end}, after the file's last byte ${data.length}`);
    end = at.end;
    const values = format.values(new Uint8Array(data.subarray(at.begin, at.end)).buffer);
    if (values instanceof Float32Array) weights.set(name, { shape, data: values });
    else integers.set(name, { shape, data: values });
  }
  if (end !== data.length) throw bad(`${data.length - end} bytes at its end belong to no tensor`);
  return { weights, integers, metadata };
}

function readHeader(bytes: Uint8Array) {
  if (bytes[0] !== 0x7b) throw bad("its header does not start with {");
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw bad("its header is not JSON in UTF-8", cause);
  }
  // A name given twice needs no check of its own: JSON keeps one, and the bytes of the other are then a gap.
  const entries: { name: string; dtype: string; shape: number[]; begin: number; end: number }[] = [];
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header as object)) {
    if (name === "__metadata__") {
      for (const [key, text] of typeof value === "object" && value !== null ? Object.entries(value) : [["", 0]]) {
        if (typeof text !== "string") throw bad("its metadata is not a map of strings");
        Object.defineProperty(metadata, key!, { value: text, enumerable: true, writable: true, configurable: true });
      }
      continue;
    }
    const entry = Entry.safeParse(value);
    if (!entry.success)
      throw bad(`the entry of ${JSON.stringify(name)} is malformed at ${entry.error.issues[0]!.path.join(".")}`);
    const { dtype, shape, data_offsets } = entry.data;
    entries.push({ name, dtype, shape, begin: data_offsets[0], end: data_offsets[1] });
  }
  return { entries, metadata };
}

/**
 * Writes tensors, in their order: floats as F32, then `integers`, wider types first so that every tensor is aligned to its element size.
 * The header is padded to a multiple of 8 bytes and its metadata sorted, so equal input gives equal bytes.
 * Throws `bad-request` when a shape does not fit its data or a name is used twice or is "__metadata__".
 */
export function writeSafetensors(
  weights: Weights,
  metadata: Readonly<Record<string, string>> = {},
  integers: ReadonlyMap<string, Integers> = new Map(),
): Uint8Array {
  const width = ([, { data }]: readonly [string, Integers]) => data.BYTES_PER_ELEMENT;
  const tensors = [...weights, ...[...integers].sort((a, b) => width(b) - width(a))] as const;
  const parts: string[] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0)
    parts.push(`"__metadata__":{${keys.map((k) => `${JSON.stringify(k)}:${JSON.stringify(metadata[k])}`).join(",")}}`);
  const seen = new Set(["__metadata__"]);
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    if (seen.has(name))
      throw new InksealError("bad-request", `a tensor cannot be named ${JSON.stringify(name)}, or is there twice`);
    seen.add(name);
    const count = shape.reduce((product, side) => product * side, 1);
    if (count !== data.length)
      throw new InksealError(
        "bad-request",
        `${JSON.stringify(name)} has ${data.length} values, but shape [${shape}] needs ${count}`,
      );
    const begin = end;
    end += data.byteLength;
    const dtype =
      data instanceof Float32Array ? "F32" : data instanceof Int32Array ? "I32" : data instanceof Int8Array ? "I8" : "U8";
    parts.push(`${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${begin},${end}]}`);
  }
  const json = new TextEncoder().encode(`{${parts.join(",")}}`);
  const headerLength = Math.ceil(json.length / 8) * 8;
  if (headerLength > longestHeader) throw new InksealError("too-large", `the header would be over ${longestHeader} bytes`);
  const file = new Uint8Array(8 + headerLength + end).fill(0x20, 8 + json.length, 8 + headerLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.set(json, 8);
  let at = 8 + headerLength;
  for (const [, { data }] of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}
