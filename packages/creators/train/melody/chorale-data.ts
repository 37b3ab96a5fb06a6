import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SeededRandom } from "@inkseal/lab";
import {
  type ChoraleMode,
  firstAheads,
  lookahead,
  setsHeader,
  setTokens,
  token,
  type VoiceFrame,
  voicesHeader,
  voiceTokens,
} from "../../src/melody/chorale/vocabulary.ts";

type Frames = readonly (readonly number[])[];
type Splits = Record<"train" | "valid" | "test", readonly Frames[]>;

/** A chorale in C, as the benchmark's sets of quarters and as voices of eighths. */
export interface Chorale {
  readonly mode: ChoraleMode;
  /** Ascending. */
  readonly sets: Frames;
  readonly voices: readonly VoiceFrame[];
}
export type Chorales = Record<"train" | "valid" | "test", readonly Chorale[]>;

/**
 * Bach's chorales in two editions of the same split (Boulanger-Lewandowski et al. 2012): quarters, all in C, as sets; and sixteenths in their own keys,
 * by voice. Their orders differ, and only the first knows the keys, so each piece is looked for in the other edition by its chords' intervals.
 * The quarters are written an octave up; here all is where it sounds.
 */
export async function readChorales(folder: string): Promise<Chorales> {
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), "utf8")) as Splits;
  const quarters = await read("jsb-chorales-quarter.json");
  const sixteenths = await read("jsb-chorales-16th.json");
  const split = (name: keyof Splits): Chorale[] => {
    const editions = sixteenths[name].map((frames) => ({ frames, places: placesOf(frames.filter((_, t) => t % 4 === 0)) }));
    return quarters[name].map((frames) => {
      const sets = frames.map((set) => set.map((p) => p - 12).sort((a, b) => a - b));
      const wanted = placesOf(sets);
      let best = { common: -1, voices: [] as VoiceFrame[] };
      for (const edition of editions) {
        const common = [...wanted.keys()].filter((chords) => edition.places.has(chords)).length;
        if (common > best.common) best = { common, voices: voicesOf(edition.frames, shiftBetween(edition.places, wanted)) };
      }
      if (best.common < 3) throw new Error(`a chorale of ${frames.length} quarters is not in the edition by voices`);
      return { mode: modeOf(sets), sets, voices: best.voices };
    });
  };
  return { train: split("train"), valid: split("valid"), test: split("test") };
}

/** Runs of four chords by their intervals, and the lowest note of each run's first chord. */
function placesOf(frames: Frames): Map<string, number> {
  const chords = frames.filter((f) => f.length > 0).map((f) => [...new Set(f)].sort((a, b) => a - b));
  const places = new Map<string, number>();
  for (let t = 0; t + 4 <= chords.length; t++)
    places.set(
      chords
        .slice(t, t + 4)
        .map((c) => c.map((p) => p - chords[t]![0]!))
        .join("|"),
      chords[t]![0]!,
    );
  return places;
}
function shiftBetween(from: ReadonlyMap<string, number>, to: ReadonlyMap<string, number>): number {
  const votes = new Map<number, number>();
  for (const [chords, low] of to) {
    const other = from.get(chords);
    if (other !== undefined) votes.set(low - other, (votes.get(low - other) ?? 0) + 1);
  }
  return [...votes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}
/** Every second sixteenth; the few frames that lack a voice repeat the one before, and silent ones are left out. */
function voicesOf(frames: Frames, shift: number): VoiceFrame[] {
  const out: VoiceFrame[] = [];
  for (let t = 0; t < frames.length; t += 2) {
    const frame = frames[t]!;
    if (frame.length === 4) out.push(frame.map((p) => p + shift) as unknown as VoiceFrame);
    else if (frame.length > 0 && out.length > 0) out.push(out.at(-1)!);
  }
  return out;
}
/** By which third is heard more. */
function modeOf(sets: Frames): ChoraleMode {
  const heard = sets.flat().map((p) => p % 12);
  return heard.filter((p) => p === 4).length >= heard.filter((p) => p === 3).length ? "major" : "minor";
}

/** All tokens of a piece from frame `from` on. */
export const setsFrom = ({ mode, sets }: Chorale, from = 0): number[] => [
  ...setsHeader(mode),
  ...sets.slice(from).flatMap((set) => [token.beat, ...setTokens(set)]),
  token.end,
];
export const voicesFrom = ({ mode, voices }: Chorale, from = 0): number[] => {
  const soprano = voices.slice(from).map(([S]) => S);
  return [
    ...voicesHeader(mode),
    ...firstAheads(soprano),
    ...voices.slice(from).flatMap((frame, i) => voiceTokens((from + i) % 2 === 0, frame, soprano[i + lookahead])),
    token.end,
  ];
};

/** Rows for training: a piece from its beginning or from a beat in it, then others until the row is full. `voices`: the share of rows by voices. */
export function choraleRows(pieces: readonly Chorale[], voices: number) {
  return (random: SeededRandom, length: number): Int32Array => {
    const row: number[] = [];
    while (row.length <= length) {
      const piece = pieces[random.below(pieces.length)]!;
      const byVoices = random() < voices;
      const frames = byVoices ? piece.voices.length : piece.sets.length;
      const from = row.length > 0 || random() < 0.3 ? 0 : 2 * random.below(Math.max(1, frames >> 1));
      for (const id of byVoices ? voicesFrom(piece, from) : setsFrom(piece, from)) row.push(id);
    }
    return Int32Array.from(row.slice(0, length + 1));
  };
}
