import { type GgufType, ggufTypes, quantise, quantisedBytes } from "./gguf-quant.ts";

/** A metadata value with its GGUF type. */
export type GgufValue =
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly texts: readonly string[] }
  | { readonly f32s: readonly number[] }
  | { readonly i32s: readonly number[] };

export interface GgufTensor {
  readonly name: string;
  /** Fastest dimension first, as ggml counts; it is a multiple of the type's block. */
  readonly shape: readonly number[];
  readonly values: Float32Array;
  /** How the file holds the values; F32 by default. */
  readonly type?: GgufType;
}

const alignment = 32;
const aligned = (n: number): number => Math.ceil(n / alignment) * alignment;

/**
 * A GGUF file, version 3, little-endian: metadata, then tensors, each quantised straight into its place.
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function ggufOf(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Uint8Array {
  const header = new Header();
  header.raw(new TextEncoder().encode("GGUF"));
  header.u32(3);
  header.u64(tensors.length);
  header.u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    header.text(key);
    header.value(value);
  }
  let size = 0;
  const offsets = tensors.map(({ name, shape, type = "F32", values }) => {
    header.text(name);
    header.u32(shape.length);
    for (const n of shape) header.u64(n);
    header.u32(ggufTypes[type].id);
    header.u64(size);
    const offset = size;
    size += aligned(quantisedBytes(type, values.length));
    return offset;
  });
  const start = aligned(header.length);
  const file = new Uint8Array(start + size);
  header.copyTo(file);
  for (const [i, { type = "F32", values }] of tensors.entries()) quantise(type, values, file.subarray(start + offsets[i]!));
  return file;
}

/** Little-endian words and texts, end to end. */
class Header {
  length = 0;
  readonly #parts: Uint8Array[] = [];

  raw(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.length += bytes.length;
  }
  #words(bytes: number, write: (view: DataView) => void): void {
    const view = new DataView(new ArrayBuffer(bytes));
    write(view);
    this.raw(new Uint8Array(view.buffer));
  }
  u32(n: number): void {
    this.#words(4, (view) => view.setUint32(0, n, true));
  }
  u64(n: number): void {
    this.#words(8, (view) => view.setBigUint64(0, BigInt(n), true));
  }
  text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.u64(bytes.length);
    this.raw(bytes);
  }
  #array(type: number, length: number): void {
    this.u32(9);
    this.u32(type);
    this.u64(length);
  }
  value(value: GgufValue): void {
    if ("u32" in value) {
      this.u32(4);
      this.u32(value.u32);
    } else if ("f32" in value) {
      this.u32(6);
      this.#words(4, (view) => view.setFloat32(0, value.f32, true));
    } else if ("bool" in value) {
      this.u32(7);
      this.raw(Uint8Array.of(value.bool ? 1 : 0));
    } else if ("text" in value) {
      this.u32(8);
      this.text(value.text);
    } else if ("texts" in value) {
      this.#array(8, value.texts.length);
      for (const text of value.texts) this.text(text);
    } else if ("f32s" in value) {
      this.#array(6, value.f32s.length);
      this.#words(4 * value.f32s.length, (view) => {
        for (const [i, n] of value.f32s.entries()) view.setFloat32(4 * i, n, true);
      });
    } else {
      this.#array(5, value.i32s.length);
      this.#words(4 * value.i32s.length, (view) => {
        for (const [i, n] of value.i32s.entries()) view.setInt32(4 * i, n, true);
      });
    }
  }
  copyTo(file: Uint8Array): void {
    let at = 0;
    for (const part of this.#parts) {
      file.set(part, at);
      at += part.length;
    }
  }
}
