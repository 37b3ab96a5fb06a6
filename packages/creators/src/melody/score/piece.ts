import type { Key } from "./key.ts";
import { barTicks, type Metre, type Part, type Sound, ticksOf } from "./tune.ts";

export type Clef = "treble" | "bass";

/** One line of music and what plays it. */
export interface Voice {
  readonly name: string;
  /** General MIDI, 0 to 127. */
  readonly program: number;
  readonly clef: Clef;
  /** Which staff of the score, and whether stems point up or down where two voices share it. */
  readonly staff: number;
  readonly stems?: "up" | "down";
  readonly parts: readonly Part[];
}

/** Finished music, before it becomes a file. All voices have the same bars. */
export interface Piece {
  readonly title: string;
  readonly key: Key;
  readonly metre: Metre;
  /** Felt beats in a minute. */
  readonly tempo: number;
  readonly voices: readonly Voice[];
}

/** A note as it is heard: ties joined, parts repeated as written. */
export interface Heard {
  readonly voice: number;
  readonly start: number;
  readonly ticks: number;
  readonly midi: number;
}

/** Where each bar begins when the piece is played, with its repeats, and its length. */
export function barsPlayed({ metre, voices }: Piece): { start: number; ticks: number }[] {
  const out: { start: number; ticks: number }[] = [];
  let start = 0;
  for (const part of voices[0]?.parts ?? [])
    for (let times = part.repeated ? 2 : 1; times > 0; times--)
      for (const bar of [part.upbeat, ...part.bars]) {
        const ticks = ticksOf(bar);
        if (ticks === 0) continue;
        out.push({ start, ticks: Math.min(ticks, barTicks(metre)) });
        start += ticks;
      }
  return out;
}

/** The sounds of a voice in the order in which they are played. */
export const playedSounds = ({ parts }: Voice): Sound[] =>
  parts.flatMap(({ upbeat, bars, repeated }) => {
    const once = [...upbeat, ...bars.flat()];
    return repeated ? [...once, ...once] : once;
  });
