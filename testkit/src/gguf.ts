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
  /** Fastest dimension first, as ggml counts. */
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * A GGUF file, version 3, little-endian, all tensors F32.
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function ggufOf(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Buffer {
  const parts: Buffer[] = [];
  const u32 = (n: number): void => {
    const b = Buffer.alloc(4);
    b.writeUInt32LE(n);
    parts.push(b);
  };
  const u64 = (n: number): void => {
    const b = Buffer.alloc(8);
    b.writeBigUInt64LE(BigInt(n));
    parts.push(b);
  };
  const text = (s: string): void => {
    const b = Buffer.from(s, "utf8");
    u64(b.length);
    parts.push(b);
  };
  const floats = (values: ArrayLike<number>): void => void parts.push(Buffer.from(Float32Array.from(values).buffer));
  parts.push(Buffer.from("GGUF"));
  u32(3);
  u64(tensors.length);
  u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    text(key);
    if ("u32" in value) {
      u32(4);
      u32(value.u32);
    } else if ("f32" in value) {
      u32(6);
      floats([value.f32]);
    } else if ("bool" in value) {
      u32(7);
      parts.push(Buffer.from([value.bool ? 1 : 0]));
    } else if ("text" in value) {
      u32(8);
      text(value.text);
    } else if ("texts" in value) {
      u32(9);
      u32(8);
      u64(value.texts.length);
      for (const t of value.texts) text(t);
    } else if ("f32s" in value) {
      u32(9);
      u32(6);
      u64(value.f32s.length);
      floats(value.f32s);
    } else {
      u32(9);
      u32(5);
      u64(value.i32s.length);
      parts.push(Buffer.from(Int32Array.from(value.i32s).buffer));
    }
  }
  let offset = 0;
  for (const { name, shape } of tensors) {
    text(name);
    u32(shape.length);
    for (const n of shape) u64(n);
    u32(0); // F32
    u64(offset);
    offset += aligned(shape.reduce((a, b) => a * b, 4));
  }
  const head = Buffer.concat(parts);
  const data = tensors.map(({ values }) => {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    return Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)]);
  });
  return Buffer.concat([head, Buffer.alloc(aligned(head.length) - head.length), ...data]);
}

const aligned = (n: number): number => Math.ceil(n / 32) * 32;
