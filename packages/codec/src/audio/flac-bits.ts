/** Bits of a FLAC frame, most significant first, and its two checksums (RFC 9639, 9.1.8 and 9.3). */
export class FlacBits {
  #bytes = new Uint8Array(8192);
  #length = 0;
  #bits = 0;
  #count = 0;

  /** The low `count` (0 to 32) bits of `value`. */
  put(value: number, count: number): void {
    let left = count;
    while (left > 0) {
      const take = Math.min(8 - this.#count, left);
      left -= take;
      this.#bits = (this.#bits << take) | ((value >>> left) & ((1 << take) - 1));
      this.#count += take;
      if (this.#count === 8) this.#flush();
    }
  }

  /** `zeros` zeros and a one. */
  unary(zeros: number): void {
    let left = zeros;
    for (; left >= 32; left -= 32) this.put(0, 32);
    this.put(1, left + 1);
  }

  align(): void {
    if (this.#count > 0) this.put(0, 8 - this.#count);
  }

  /** What was written so far; whole bytes only. */
  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #flush(): void {
    if (this.#length === this.#bytes.length) {
      const more = new Uint8Array(this.#bytes.length * 2);
      more.set(this.#bytes);
      this.#bytes = more;
    }
    this.#bytes[this.#length++] = this.#bits;
    this.#bits = 0;
    this.#count = 0;
  }
}

/** CRC of `width` bits over bytes, polynomial as named by the standard, start 0, not reflected. */
function crc(bytes: Uint8Array, width: 8 | 16, polynomial: number): number {
  const top = 1 << (width - 1);
  const mask = width === 8 ? 0xff : 0xffff;
  let c = 0;
  for (const byte of bytes) {
    c ^= byte << (width - 8);
    for (let k = 0; k < 8; k++) c = c & top ? ((c << 1) ^ polynomial) & mask : (c << 1) & mask;
  }
  return c;
}
export const crc8 = (bytes: Uint8Array): number => crc(bytes, 8, 0x07);
export const crc16 = (bytes: Uint8Array): number => crc(bytes, 16, 0x8005);
