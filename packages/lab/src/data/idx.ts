import { InksealError } from "@inkseal/core";

/** An array of bytes in the IDX format, that of MNIST: offset 0 two zeros, 2 type (8: unsigned bytes), 3 axes, then each axis as u32, big-endian. */
export interface Idx {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}
/** Throws `bad-file`. */
export function readIdx(bytes: Uint8Array): Idx {
  const bad = (what: string) => new InksealError("bad-file", `not a sound IDX file: ${what}`);
  const axes = bytes[3] ?? 0;
  if (bytes.length < 4 + 4 * axes || bytes[0] !== 0 || bytes[1] !== 0 || axes === 0) throw bad("it has no IDX header");
  if (bytes[2] !== 8) throw bad(`its numbers are of type ${bytes[2]}; only unsigned bytes (8) are read`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i));
  const data = bytes.subarray(4 + 4 * axes);
  const wanted = shape.reduce((a, b) => a * b, 1);
  if (data.length !== wanted) throw bad(`${shape.join(" × ")} bytes were promised and ${data.length} are there`);
  return { shape, data };
}
