/**
 * The tokens of tunes. A pitch is told by its place over the tonic, so a tune is the same tokens in every key: what is learnt from one key holds for all,
 * and the key is exact by construction. A duration token counts until the next one, as in running eighths it is hardly ever said.
 *
 * `genre metre mode density upbeat? (part-left (sounds of the upbeat) (bar-left sounds)*)* end`: `part-left` and `bar-left` count down to the last part of
 * the tune and the last bar of the part, so that the model knows where phrases end before they do.
 */
import { InksealError } from "@inkseal/core";
import type { Mode } from "../score/key.ts";

export const genres = ["tune", "reel", "jig", "slip jig", "hornpipe", "strathspey", "march", "air"] as const;
export type Genre = (typeof genres)[number];
export const metres = ["4/4", "2/2", "2/4", "3/4", "6/8", "9/8", "12/8", "3/8", "6/4", "3/2"] as const;
export type MetreName = (typeof metres)[number];
export const tuneModes = ["major", "minor", "dorian", "mixolydian"] as const satisfies readonly Mode[];
export type TuneMode = (typeof tuneModes)[number];
/** How busy a tune is among those of its metre: the terciles of sounds to the whole note in the tunebooks. */
export const densities = ["calm", "even", "busy"] as const;
export type Density = (typeof densities)[number];
const terciles: Readonly<Record<MetreName, readonly [number, number]>> = {
  "4/4": [6.5, 7.67],
  "2/2": [7.44, 7.83],
  "2/4": [11, 14.75],
  "3/4": [4.88, 5.83],
  "6/8": [7, 7.58],
  "9/8": [6.78, 7.33],
  "12/8": [6.78, 7.33],
  "3/8": [8.71, 9.56],
  "6/4": [4.88, 5.83],
  "3/2": [4.88, 5.83],
};
export const densityOf = (metre: MetreName, soundsPerWhole: number): Density =>
  densities[terciles[metre].filter((bound) => soundsPerWhole > bound).length]!;

/** Ticks of written notes; those of triplets are 8, 16 and 32. */
export const durations = [6, 8, 12, 16, 18, 24, 32, 36, 48, 72, 96, 144, 192] as const;
export const maxPartsLeft = 4;
export const maxBarsLeft = 16;
/** Steps over the tonic, from a ninth under it to two octaves and a half over it. */
export const [lowestStep, highestStep] = [-9, 18];
export const alters = [0, -1, 1] as const;

type Kind = "end" | "genre" | "metre" | "mode" | "density" | "upbeat" | "part" | "bar" | "duration" | "rest" | "held" | "pitch";
export interface TuneToken {
  readonly kind: Kind;
  /** Place in the list of the kind: of genres, …; 1 for a last part or bar; ticks of a duration; 1 for a tune with upbeats. */
  readonly value: number;
  /** Of a pitch: semitones off the signature. */
  readonly alter?: number;
}

export const tuneTokens: readonly TuneToken[] = [
  { kind: "end", value: 0 },
  ...genres.map((_, value) => ({ kind: "genre", value }) as const),
  ...metres.map((_, value) => ({ kind: "metre", value }) as const),
  ...tuneModes.map((_, value) => ({ kind: "mode", value }) as const),
  ...densities.map((_, value) => ({ kind: "density", value }) as const),
  ...[0, 1].map((value) => ({ kind: "upbeat", value }) as const),
  ...Array.from({ length: maxPartsLeft }, (_, i) => ({ kind: "part", value: i + 1 }) as const),
  ...Array.from({ length: maxBarsLeft }, (_, i) => ({ kind: "bar", value: i + 1 }) as const),
  ...durations.map((value) => ({ kind: "duration", value }) as const),
  { kind: "rest", value: 0 },
  { kind: "held", value: 0 },
  ...alters.flatMap((alter) =>
    Array.from({ length: highestStep - lowestStep + 1 }, (_, i) => ({ kind: "pitch", value: lowestStep + i, alter }) as const),
  ),
];
export const tuneVocab = tuneTokens.length;

const ids = new Map(tuneTokens.map(({ kind, value, alter = 0 }, id) => [`${kind} ${value} ${alter}`, id]));
/** Throws `bad-request` for what has no token. */
export function tokenId(kind: Kind, value = 0, alter = 0): number {
  const id = ids.get(`${kind} ${value} ${alter}`);
  if (id === undefined)
    throw new InksealError("bad-request", `the tune model has no ${kind} of ${value}${alter ? ` altered by ${alter}` : ""}`);
  return id;
}
