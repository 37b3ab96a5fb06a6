import { KeyStream } from "../key-stream.ts";
import { code } from "./code.ts";

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

/** Where a line can be. */
interface Place {
  readonly kx: number;
  readonly ky: number;
  readonly radius: number;
}
const places: readonly Place[] = Array.from({ length: (highest + 1) * (2 * highest + 1) }, (_, i) => {
  const [kx, ky] = [(i % (2 * highest + 1)) - highest, Math.floor(i / (2 * highest + 1))];
  return { kx, ky, radius: Math.hypot(kx, ky) };
}).filter(({ kx, ky, radius }) => radius >= lowest && radius <= highest && (ky > 0 || kx > 0));

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
  const stream = new KeyStream(key, "inkseal image lines 1");
  const shuffled = Array.from(stream.order(places.length), (i) => places[i] as Place);
  const inSync = ({ radius }: Place): boolean => radius >= syncLowest && radius <= syncHighest;
  // thin by radius: equal numbers from equal radii, so that pose and shift hang on low lines as much as on high ones
  const beacons = spread(shuffled.filter(inSync), beaconLines);
  const others = shuffled.filter((line) => !beacons.includes(line));
  const sync = spread(others.filter(inSync), syncLines);
  const rest = others.filter((line) => !sync.includes(line));
  const binding = spread(rest.filter(inSync), bindingLines);
  // code bits go around by radius: what cuts a band takes the same share from each
  const payload = rest.filter((line) => !binding.includes(line)).sort((a, b) => a.radius - b.radius);
  const linesOf = (list: readonly Place[]): Lines => ({
    kx: Int16Array.from(list, ({ kx }) => kx),
    ky: Int16Array.from(list, ({ ky }) => ky),
    signRe: Int8Array.from(list, () => stream.sign()),
    signIm: Int8Array.from(list, () => stream.sign()),
  });
  const bits = new Uint16Array(2 * payload.length);
  for (let at = 0; at < bits.length; at += code.codedBits)
    bits.set(stream.order(code.codedBits).subarray(0, bits.length - at), at);
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
function spread(shuffled: readonly Place[], count: number): Place[] {
  const left = [...shuffled];
  const taken: Place[] = [];
  for (let ring = 0; ring < count; ring++) {
    const want = syncLowest + ((ring + 0.5) * (syncHighest - syncLowest)) / count;
    let best = 0;
    let least = Math.abs((left[0] as Place).radius - want);
    for (let i = 1; i < left.length; i++) {
      const off = Math.abs((left[i] as Place).radius - want);
      if (off < least - 0.4) [best, least] = [i, off];
    }
    taken.push(...left.splice(best, 1));
  }
  return taken;
}
