/**
 * A Protocol Buffers message being written: fields in the order of the calls. Large bytes are not copied before `finish`.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufMessage {
  #length = 0;
  readonly #chunks: Uint8Array[] = [];

  /** An integer (int32, int64, enum, bool); negative ones take ten bytes, as the format wants. */
  int(field: number, value: number | bigint): this {
    return this.#put(varint(field * 8)).#put(varint(value));
  }

  /** A 32-bit float. */
  float(field: number, value: number): this {
    const view = new DataView(new ArrayBuffer(4));
    view.setFloat32(0, value, true);
    return this.#put(varint(field * 8 + 5)).#put(new Uint8Array(view.buffer));
  }

  /** Bytes, or a text as UTF-8. Bytes must not change before `finish`. */
  bytes(field: number, value: string | Uint8Array): this {
    const body = typeof value === "string" ? new TextEncoder().encode(value) : value;
    return this.#put(varint(field * 8 + 2))
      .#put(varint(body.length))
      .#put(body);
  }

  message(field: number, inner: ProtobufMessage): this {
    this.#put(varint(field * 8 + 2)).#put(varint(inner.#length));
    for (const chunk of inner.#chunks) this.#put(chunk);
    return this;
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  }

  #put(chunk: Uint8Array): this {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    return this;
  }
}

/** Seven bits a byte, the lowest first; two's complement of 64 bits. */
function varint(value: number | bigint): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  out.push(Number(rest));
  return Uint8Array.from(out);
}
