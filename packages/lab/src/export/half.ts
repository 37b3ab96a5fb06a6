/** The two 16-bit float formats of weights files, widened to float32: both widen exactly. */

/** IEEE 754 binary16 by its bits, all 65,536 values. */
let halves: Float32Array | undefined;

function halfTable(): Float32Array {
  if (halves !== undefined) return halves;
  halves = new Float32Array(65_536);
  for (let bits = 0; bits < 65_536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) halves[bits] = sign * fraction * 2 ** -24;
    else if (exponent === 31) halves[bits] = fraction === 0 ? sign * Infinity : Number.NaN;
    else halves[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return halves;
}

/** binary16 bits to float32. */
export function widenHalf(bits: Uint16Array): Float32Array {
  const table = halfTable();
  return Float32Array.from(bits, (b) => table[b]!);
}

/** bfloat16 bits, the upper half of a float32, to float32. */
export function widenBfloat(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = bits[i]! << 16;
  return new Float32Array(wide.buffer);
}
