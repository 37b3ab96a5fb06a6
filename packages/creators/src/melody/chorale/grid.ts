/** A melody as the frames that a harmony is made for, and the frames' harmony as voices that can be written. */

import type { Key } from "../score/key.ts";
import { midiOf } from "../score/pitch.ts";
import { spell } from "../score/spell.ts";
import { type Bar, barTicks, beatTicks, type Metre, type Part, type Sound, type Tune, ticksOf } from "../score/tune.ts";
import type { VoiceFrame } from "./vocabulary.ts";

/** Half a beat, or two thirds and one third of a dotted one. */
export interface Frame {
  readonly ticks: number;
  readonly on: boolean;
  /** MIDI number of the melody; undefined where it rests. */
  readonly melody: number | undefined;
  /** Whether a note of the melody begins with the frame. */
  readonly struck: boolean;
}

/** The frames of a tune's parts, bar by bar; an upbeat is a bar. */
export function framesOf({ parts, metre }: Pick<Tune, "parts" | "metre">): Frame[][][] {
  return parts.map(({ upbeat, bars }) =>
    (upbeat.length > 0 ? [upbeat, ...bars] : bars).map((bar, b) =>
      barFrames(bar, metre, b === 0 && upbeat.length > 0 ? barTicks(metre) - ticksOf(bar) : 0),
    ),
  );
}
/** `from`: where in a whole bar it begins. */
function barFrames(bar: Bar, metre: Metre, from: number): Frame[] {
  const beat = metre.unit <= 4 ? 48 : beatTicks(metre);
  const first = beat % 48 === 0 ? beat / 2 : (2 * beat) / 3;
  const end = from + ticksOf(bar);
  const out: Frame[] = [];
  for (let start = from; start < end; ) {
    const on = start % beat < first;
    const next = Math.min(end, Math.floor(start / beat) * beat + (on ? first : beat));
    const { melody, struck } = heardAt(bar, start - from, next - from);
    out.push({ ticks: next - start, on, melody, struck });
    start = next;
  }
  return out;
}
/** What sounds at `start`, else the first that sounds before `end`. */
function heardAt(bar: Bar, start: number, end: number): { melody: number | undefined; struck: boolean } {
  let at = 0;
  for (const { pitch, ticks, held } of bar) {
    if (at >= end) break;
    if (at + ticks > start && pitch !== undefined) return { melody: midiOf(pitch), struck: at >= start && !held };
    at += ticks;
  }
  return { melody: undefined, struck: true };
}

/**
 * The frames of one voice as bars, parallel to `grid`. A pitch that stays is one note within a beat, and on past it while the melody holds its note;
 * where the melody is struck again, so is the voice.
 */
export function voiceParts(
  grid: readonly (readonly (readonly Frame[])[])[],
  voices: readonly (VoiceFrame | undefined)[],
  voice: number,
  key: Key,
  tune: Tune,
): Part[] {
  let at = 0;
  let before: number | undefined;
  return grid.map((bars, p): Part => {
    const written = bars.map((frames): Bar => {
      const out: Sound[] = [];
      frames.forEach(({ ticks, on, struck }, f) => {
        const midi = voices[at++]?.[voice];
        const last = out.at(-1);
        const stays = midi !== undefined && midi === before && (!on || !struck);
        if (midi === undefined && last && last.pitch === undefined) out[out.length - 1] = { ticks: last.ticks + ticks };
        else if (stays && f > 0) out[out.length - 1] = { ...last!, ticks: last!.ticks + ticks };
        else out.push({ ticks, ...(midi !== undefined && { pitch: spell(key, midi) }), ...(stays && { held: true }) });
        before = midi;
      });
      return out;
    });
    const { upbeat, repeated } = tune.parts[p]!;
    return upbeat.length > 0
      ? { upbeat: written[0]!, bars: written.slice(1), repeated }
      : { upbeat: [], bars: written, repeated };
  });
}
