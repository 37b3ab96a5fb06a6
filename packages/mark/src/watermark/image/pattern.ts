import { blake3 } from "@noble/hashes/blake3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { codeLength } from "./polar.ts";

/**
 * The mark is a tile that repeats over the plane. A periodic signal has a spectrum of lines, at whole multiples `(kx, ky)` of the tile's
 * frequency; everything the mark says is said by the complex amplitudes of these lines:
 *
 * - *beacons* are lines at places that only the key tells, made stronger than their surroundings. Strengths do not change when the picture
 *   is shifted, and turn and scale with it, so that they give the pose (the template of Pereira and Pun, "Robust template matching for affine
 *   resistant image watermarks", IEEE Trans. IP 9 (2000)). Their phases are free, so they take the picture's own: that adds most strength.
 * - *sync* lines have phases that only the key tells; these give the shift.
 * - *payload* lines carry the bits of the code word, one in the sine and one in the cosine, by their signs under the key.
 * - *binding* lines are multiplied by the signs of what the picture shows (see `binding.ts`).
 */

/** Tiles on a length of √(width·height): the pattern grows with the picture, so that scaling alone needs no search. */
export const tiles = 3;
/** Line frequencies, in cycles a tile: below, pictures are loudest; above, codecs and scaling cut. */
export const lowest = 4;
export const highest = 25;
const beaconLines = 28;
const syncLines = 32;
const bindingLines = 80;
/** Sync lines lie between these. */
const syncLowest = 7;
const syncHighest = 21;

export interface Lines {
  /** Whole numbers; `ky > 0`, or `ky = 0` and `kx > 0`: the other half-plane is the conjugate. */
  readonly kx: Int16Array;
  readonly ky: Int16Array;
  /** +1 or −1 for the real and for the imaginary part. */
  readonly signRe: Int8Array;
  readonly signIm: Int8Array;
}

export interface Pattern {
  readonly beacons: Lines;
  readonly sync: Lines;
  readonly payload: Lines;
  readonly binding: Lines;
  /** Code bit carried by the real part of each payload line, then by the imaginary part. */
  readonly bitRe: Uint16Array;
  readonly bitIm: Uint16Array;
}

/** Numbers under a key: BLAKE3 as an extendable keyed function. `purpose` separates streams. */
export function keyStream(key: Uint8Array, purpose: string): { below(n: number): number; sign(): 1 | -1 } {
  let block = new Uint8Array(0);
  let at = 0;
  let count = 0;
  const byte = (): number => {
    if (at === block.length) {
      block = new Uint8Array(blake3(utf8ToBytes(`${purpose} ${count++}`), { key, dkLen: 4096 }));
      at = 0;
    }
    return block[at++] as number;
  };
  return {
    below: (n) => {
      const word = byte() | (byte() << 8) | (byte() << 16); // of 2^24: the bias for n < 2^12 is below 2^−12
      return word % n;
    },
    sign: () => (byte() & 1 ? 1 : -1),
  };
}

const cache = new Map<string, Pattern>();

/** The lines of a key (32 bytes). */
export function patternOf(key: Uint8Array): Pattern {
  const name = key.join();
  let pattern = cache.get(name);
  if (pattern === undefined) {
    pattern = makePattern(key);
    if (cache.size >= 8) cache.clear();
    cache.set(name, pattern);
  }
  return pattern;
}

function makePattern(key: Uint8Array): Pattern {
  const stream = keyStream(key, "inkseal image lines 1");
  const all: [kx: number, ky: number][] = [];
  for (let ky = 0; ky <= highest; ky++)
    for (let kx = -highest; kx <= highest; kx++) {
      const radius = Math.hypot(kx, ky);
      if (radius >= lowest && radius <= highest && (ky > 0 || kx > 0)) all.push([kx, ky]);
    }
  for (let i = all.length - 1; i > 0; i--) {
    const j = stream.below(i + 1);
    [all[i], all[j]] = [all[j] as [number, number], all[i] as [number, number]];
  }
  const inSync = ([kx, ky]: [number, number]): boolean => {
    const radius = Math.hypot(kx, ky);
    return radius >= syncLowest && radius <= syncHighest;
  };
  // thin by radius: equal numbers from equal radii, so that pose and shift hang on low lines as much as on high ones
  const beacons = spread(all.filter(inSync), beaconLines);
  const others = all.filter((line) => !beacons.includes(line));
  const sync = spread(others.filter(inSync), syncLines);
  const rest = others.filter((line) => !sync.includes(line));
  const binding = spread(rest.filter(inSync), bindingLines);
  // code bits go around by radius: what cuts a band takes the same share from each
  const payload = rest.filter((line) => !binding.includes(line)).sort((a, b) => Math.hypot(...a) - Math.hypot(...b));
  const linesOf = (list: readonly [number, number][]): Lines => ({
    kx: Int16Array.from(list, ([kx]) => kx),
    ky: Int16Array.from(list, ([, ky]) => ky),
    signRe: Int8Array.from(list, () => stream.sign()),
    signIm: Int8Array.from(list, () => stream.sign()),
  });
  const bits = new Uint16Array(2 * payload.length);
  for (let at = 0; at < bits.length; at += codeLength) {
    const order = Uint16Array.from({ length: codeLength }, (_, i) => i);
    for (let i = codeLength - 1; i > 0; i--) {
      const j = stream.below(i + 1);
      [order[i], order[j]] = [order[j] as number, order[i] as number];
    }
    bits.set(order.subarray(0, Math.min(codeLength, bits.length - at)), at);
  }
  return {
    beacons: linesOf(beacons),
    sync: linesOf(sync),
    payload: linesOf(payload),
    binding: linesOf(binding),
    bitRe: bits.filter((_, i) => i % 2 === 0),
    bitIm: bits.filter((_, i) => i % 2 === 1),
  };
}

/** The first line of each of `count` rings of equal width. */
function spread(shuffled: readonly [number, number][], count: number): [number, number][] {
  const left = [...shuffled];
  const taken: [number, number][] = [];
  for (let ring = 0; ring < count; ring++) {
    const want = syncLowest + ((ring + 0.5) * (syncHighest - syncLowest)) / count;
    let best = 0;
    for (let i = 1; i < left.length; i++) {
      const closer = Math.abs(Math.hypot(...(left[i] as [number, number])) - want);
      if (closer < Math.abs(Math.hypot(...(left[best] as [number, number])) - want) - 0.4) best = i;
    }
    taken.push(...left.splice(best, 1));
  }
  return taken;
}
