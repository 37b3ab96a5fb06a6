/**
 * Bytes as Unicode variation selectors, in UTF-8: 0 to 15 are U+FE00 to U+FE0F (three bytes), 16 to 255 are U+E0100 to U+E01EF (four).
 * Nothing is shown for them, and normalisation leaves them alone.
 */
export function toSelectors(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length * 4);
  let length = 0;
  for (const b of bytes) {
    if (b < 16) {
      out.set([0xef, 0xb8, 0x80 | b], length);
      length += 3;
      continue;
    }
    const code = b - 16; // U+E0100 + code: F3 A0 84 80 and up
    out.set([0xf3, 0xa0, 0x84 | (code >> 6), 0x80 | (code & 63)], length);
    length += 4;
  }
  return out.subarray(0, length);
}

/** The bytes of the selectors that stand at `at`, and the offset behind the last of them. */
export function fromSelectors(text: Uint8Array, at: number): { readonly bytes: Uint8Array; readonly end: number } {
  const out: number[] = [];
  let end = at;
  for (;;) {
    const [a, b, c = 0, d = 0] = text.subarray(end, end + 4);
    if (a === 0xef && b === 0xb8 && c >= 0x80 && c <= 0x8f) {
      out.push(c & 15);
      end += 3;
    } else if (a === 0xf3 && b === 0xa0 && c >= 0x84 && c <= 0x87 && d >= 0x80 && d <= 0xbf && (c < 0x87 || d <= 0xaf)) {
      out.push(16 + ((c & 3) << 6) + (d & 63));
      end += 4;
    } else return { bytes: Uint8Array.from(out), end };
  }
}
