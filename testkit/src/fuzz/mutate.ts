/** Numbers from 0 to `below` − 1, the same for the same seed (xorshift32, Marsaglia 2003). */
export type Draw = (below: number) => number;
export function draws(seed: number): Draw {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state % Math.max(1, below);
  };
}

/** Where parsers go wrong: nothing, one, and on both sides of what fits. */
const edges = [0, 1, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
const most = 256 * 1024;

/** One to eight changes of `input`; `other` is what may be spliced in. Never longer than 256 KiB. */
export function mutate(input: Uint8Array, other: Uint8Array, words: readonly Uint8Array[], draw: Draw): Uint8Array {
  let bytes: Uint8Array = input.slice();
  for (let left = 1 + draw(draw(4) === 0 ? 8 : 3); left > 0; left--) {
    const change = changes[draw(changes.length)] as Change;
    bytes = change(bytes.length === 0 ? Uint8Array.of(draw(256)) : bytes, other, words, draw);
  }
  return bytes.length > most ? bytes.subarray(0, most) : bytes;
}

type Change = (bytes: Uint8Array, other: Uint8Array, words: readonly Uint8Array[], draw: Draw) => Uint8Array;

const replaced = (bytes: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array => {
  const out = new Uint8Array(from + by.length + bytes.length - to);
  out.set(bytes.subarray(0, from));
  out.set(by, from);
  out.set(bytes.subarray(to), from + by.length);
  return out;
};
/** A piece, rather short than long. */
function piece(bytes: Uint8Array, draw: Draw): [from: number, to: number] {
  const from = draw(bytes.length);
  const length = draw(1 + (draw(3) === 0 ? bytes.length - from : Math.min(64, bytes.length - from)));
  return [from, from + length];
}
function number(value: number, width: number, little: boolean): Uint8Array {
  const out = new Uint8Array(width);
  const view = new DataView(out.buffer);
  if (width === 2) view.setUint16(0, value & 0xffff, little);
  else if (width === 4) view.setUint32(0, value, little);
  else view.setBigUint64(0, BigInt(value), little);
  return out;
}

const changes: readonly Change[] = [
  // a bit, a byte
  (bytes, _o, _w, draw) => {
    const at = draw(bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << draw(8));
    return bytes;
  },
  (bytes, _o, _w, draw) => {
    bytes[draw(bytes.length)] = draw(256);
    return bytes;
  },
  // a number where a length may stand: an edge, or a little more or less than what is there
  (bytes, _o, _w, draw) => {
    const width = [2, 4, 4, 8][draw(4)] as number;
    const little = draw(2) === 0;
    if (bytes.length < width) return bytes;
    const at = draw(bytes.length - width + 1);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const was = width === 2 ? view.getUint16(at, little) : view.getUint32(width === 8 && !little ? at + 4 : at, little);
    const value = draw(2) === 0 ? (edges[draw(edges.length)] as number) : Math.max(0, was + draw(33) - 16);
    bytes.set(number(value, width, little), at);
    return bytes;
  },
  // a piece taken out, written twice, put elsewhere
  (bytes, _o, _w, draw) => replaced(bytes, ...piece(bytes, draw), new Uint8Array(0)),
  (bytes, _o, _w, draw) => {
    const [from, to] = piece(bytes, draw);
    const again = bytes.slice(from, to);
    let out = bytes;
    for (let n = 1 + draw(draw(8) === 0 ? 64 : 2); n > 0 && out.length < most; n--) out = replaced(out, to, to, again);
    return out;
  },
  (bytes, _o, _w, draw) => {
    const moved = bytes.slice(...piece(bytes, draw));
    const at = draw(bytes.length);
    return replaced(bytes, at, Math.min(bytes.length, at + (draw(2) === 0 ? 0 : moved.length)), moved);
  },
  // a piece of another input, or all that follows
  (bytes, other, _w, draw) => {
    if (other.length === 0) return bytes;
    const foreign = other.slice(...piece(other, draw));
    const at = draw(bytes.length);
    return draw(3) === 0
      ? replaced(bytes, at, bytes.length, other.slice(draw(other.length)))
      : replaced(bytes, at, Math.min(bytes.length, at + draw(foreign.length + 1)), foreign);
  },
  // a word of the format
  (bytes, _o, words, draw) => {
    const word = words[draw(words.length)];
    if (word === undefined) return bytes;
    const at = draw(bytes.length);
    return replaced(bytes, at, Math.min(bytes.length, at + (draw(2) === 0 ? 0 : word.length)), word);
  },
  // an end
  (bytes, _o, _w, draw) => bytes.slice(0, draw(bytes.length)),
];
