/**
 * What every harmony obeys, by construction: each voice in its range, no voice above its upper neighbour, the last chord on the tonic. Parallel fifths and
 * octaves are made unlikely, not impossible: Bach has a few too.
 */
import { mod } from "../score/pitch.ts";
import { isPitch, pitchToken, tokenPitch, type VoiceFrame, vocab } from "./vocabulary.ts";

export const voiceNames = ["soprano", "alto", "tenor", "bass"] as const;
/** Lowest and highest of each voice as MIDI numbers: what Bach writes, nearly all of it. */
export const voiceRanges = [
  [60, 81],
  [53, 74],
  [48, 69],
  [40, 62],
] as const satisfies readonly (readonly [number, number])[];

export type Chosen = readonly (number | undefined)[];
/** The voices of a frame in the order in which they are chosen: soprano, bass, tenor, alto. */
export const order = [0, 3, 2, 1] as const;

const pitches = Array.from({ length: vocab }, (_, id) => id).filter(isPitch);

/**
 * The pitches (in C) that `voice` may have beside those chosen before it in this frame. `shift`: semitones from C to the piece's key. With `last` the bass is
 * on the tonic, and so is the soprano.
 */
export function allowedPitches(voice: number, chosen: Chosen, shift: number, last: boolean): number[] {
  const [low, high] = voiceRanges[voice]!;
  const [S, , T, B] = chosen;
  const floor = voice === 2 ? B : voice === 1 ? T : undefined;
  const ceiling = voice === 0 ? undefined : S;
  // a tenor above all that an alto may sing would leave it no place
  const most = voice === 2 ? voiceRanges[1][1] - shift : Number.POSITIVE_INFINITY;
  return pitches.filter((id) => {
    const pitch = tokenPitch(id)!;
    if (pitch + shift < low || pitch + shift > high) return false;
    if (pitch < (floor ?? -1) || pitch > Math.min(ceiling ?? 127, most)) return false;
    return !(last && (voice === 3 || voice === 0) && mod(pitch, 12) !== 0);
  });
}

/** Voices that move with `voice` in parallel fifths or octaves if it goes to `pitch`. */
export function parallels(before: VoiceFrame | undefined, now: Chosen, voice: number, pitch: number): number {
  const was = before?.[voice];
  if (was === undefined || was === pitch) return 0;
  let count = 0;
  for (let other = 0; other < 4; other++) {
    const [from, to] = [before![other], now[other]];
    if (other === voice || from === undefined || to === undefined || from === to) continue;
    const interval = mod(was - from, 12);
    if (
      (interval === 0 || interval === 7) &&
      mod(pitch - to, 12) === interval &&
      Math.sign(pitch - was) === Math.sign(to - from)
    )
      if (was !== from) count++;
  }
  return count;
}

/** Parallel fifths and octaves in each hundred changes of chord. */
export function parallelRate(frames: readonly VoiceFrame[]): { parallels: number; changes: number } {
  let found = 0;
  let changes = 0;
  for (let t = 1; t < frames.length; t++) {
    const [before, now] = [frames[t - 1]!, frames[t]!];
    if (now.every((p, v) => p === before[v])) continue;
    changes++;
    for (let v = 1; v < 4; v++)
      if (now[v] !== undefined)
        found += parallels(
          before,
          now.map((p, o) => (o < v ? p : undefined)),
          v,
          now[v]!,
        );
  }
  return { parallels: found, changes };
}
export const asToken = pitchToken;
