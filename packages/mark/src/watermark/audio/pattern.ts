import { KeyStream } from "../key-stream.ts";
import { code } from "./code.ts";

/**
 * The mark is a pattern of cells, a slot of time by a band of pitch, that are made a little louder or softer: a patchwork (Bender et al. 1996)
 * of magnitudes, as in audiowmark, but on a logarithmic grid, where a change of pitch is a translation. Bands are as narrow as windows can
 * tell apart: within a critical band the changes of many cells cancel, so that more cells are also less heard. It repeats every
 * {@link slots} slots. Two fifths of its cells are *pilots* with signs that only the key tells; they say whether a mark is there, and where.
 * The others carry the coded bits of the payload, eight cells a bit, by signs under the key.
 */

/** Samples a second at which the mark is put on and found; what lies above half of it stays as it is. */
export const rate = 16_000;
/** Samples of a slot, 32 ms: shorter than most events, longer than the jitter of time stretching. */
export const slotSamples = 512;
/** Slots of the pattern, 2.05 s: a cut of that length holds all of it. */
export const slots = 64;
/** Hz at the lower edge of the first band, and at most at the upper edge of the last. */
const lowest = 140;
const highest = 6800;
/** Hz, and steps of pitch, that a band is wide at least: below 1.5 kHz it is the window that cannot tell more apart. */
const narrowest = 60;
const leastSteps = 2;
/** Steps of pitch in a semitone. */
export const pitchSteps = 3;
/** Hz, so many steps of pitch above the lower edge of the first band. */
export const hertzOf = (step: number): number => lowest * 2 ** (step / pitchSteps / 12);
/** Edges of the bands, steps of pitch. */
export const edges: readonly number[] = bandEdges();
/** Cells a slot: 58. */
export const bands = edges.length - 1;

function bandEdges(): number[] {
  const out = [0];
  for (;;) {
    const from = out.at(-1)!;
    let to = from + leastSteps;
    while (hertzOf(to) - hertzOf(from) < narrowest) to++;
    if (hertzOf(to) > highest) return out;
    out.push(to);
  }
}

export interface Pattern {
  /** [slots, bands], +1 or −1. */
  readonly signs: Int8Array;
  /** [slots, bands]: the coded bit that a cell carries; −1 is a pilot. */
  readonly roles: Int16Array;
  /** Indices of the pilots of each slot. */
  readonly pilots: readonly Uint8Array[];
}

/**
 * The pattern of a key (32 bytes). Roles are dealt band by band, so that pilots and every coded bit have their cells all over the spectrum:
 * noise and filters that take a range of it take as much from each.
 */
export function patternOf(key: Uint8Array): Pattern {
  const cells = slots * bands;
  const stream = new KeyStream(key, "inkseal audio watermark 2");
  const signs = Int8Array.from({ length: cells }, () => stream.sign());
  const roles = new Int16Array(cells).fill(-1);
  let bits: number[] = [];
  for (let b = 0, dealt = 0; b < bands; b++)
    for (const s of stream.order(slots)) {
      if (dealt++ % 5 < 2) continue; // a pilot
      if (bits.length === 0) bits = [...stream.order(code.codedBits)];
      roles[s * bands + b] = bits.pop()!;
    }
  const pilots = Array.from({ length: slots }, (_, s) =>
    Uint8Array.from(Array.from({ length: bands }, (_, b) => b).filter((b) => roles[s * bands + b]! < 0)),
  );
  return { signs, roles, pilots };
}

/** +1 or −1 for each cell, [slots, bands]: how a pattern looks that carries these coded bits. */
export const signsOf = ({ signs, roles }: Pattern, coded: Uint8Array): Int8Array =>
  signs.map((sign, i) => (roles[i]! < 0 || coded[roles[i]!] === 0 ? sign : -sign));
