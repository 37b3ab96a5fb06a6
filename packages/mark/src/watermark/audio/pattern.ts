import { KeyStream } from "../key-stream.ts";
import { code } from "./code.ts";

/**
 * The mark is a pattern of cells, a slot of time by a semitone of pitch, that are made a little louder or softer: a patchwork (Bender et
 * al. 1996) of magnitudes, as in audiowmark, but on a logarithmic grid, where a change of pitch is a translation. It repeats every
 * {@link slots} slots. Two fifths of its cells are *pilots* with signs that only the key tells; they say whether a mark is there, and where.
 * The others carry the coded bits of the payload, eight cells a bit, by signs under the key.
 */

/** Samples a second at which the mark is put on and found; what lies above half of it stays as it is. */
export const rate = 16_000;
/** Samples of a slot, 32 ms: shorter than most events, longer than the jitter of time stretching. */
export const slotSamples = 512;
/** Slots of the pattern, 2.05 s: a cut of that length holds all of it. */
export const slots = 64;
/** Cells a slot: semitones from {@link lowest} up, to 6.8 kHz. */
export const bands = 54;
/** Hz; the lower edge of the first band. */
export const lowest = 300;

const pilotShare = 0.4;

export interface Pattern {
  /** [slots, bands], +1 or −1. */
  readonly signs: Int8Array;
  /** [slots, bands]: the coded bit that a cell carries; −1 is a pilot. */
  readonly roles: Int16Array;
  /** Indices of the pilots of each slot. */
  readonly pilots: readonly Uint8Array[];
}

/** The pattern of a key (32 bytes). */
export function patternOf(key: Uint8Array): Pattern {
  const cells = slots * bands;
  const stream = new KeyStream(key, "inkseal audio watermark 1");
  const signs = Int8Array.from({ length: cells }, () => stream.sign());
  const roles = new Int16Array(cells).fill(-1);
  for (const [i, cell] of stream.order(cells).entries()) if (i >= pilotShare * cells) roles[cell] = i % code.codedBits;
  const pilots = Array.from({ length: slots }, (_, s) =>
    Uint8Array.from(Array.from({ length: bands }, (_, b) => b).filter((b) => roles[s * bands + b]! < 0)),
  );
  return { signs, roles, pilots };
}

/** +1 or −1 for each cell, [slots, bands]: how a pattern looks that carries these coded bits. */
export const signsOf = ({ signs, roles }: Pattern, coded: Uint8Array): Int8Array =>
  signs.map((sign, i) => (roles[i]! < 0 || coded[roles[i]!] === 0 ? sign : -sign));
