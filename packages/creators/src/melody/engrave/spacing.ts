/** Where things stand: all lengths are staff spaces (the distance of two lines of a staff), y down. */
import { fifthsOf, signatureAlter } from "../score/key.ts";
import type { Clef, Piece } from "../score/piece.ts";
import { mod, type Pitch } from "../score/pitch.ts";
import { type Bar, ticksOf } from "../score/tune.ts";
import { writable } from "../score/value.ts";

/** Steps of a staff's top line: F5 and A3. */
const topLine: Readonly<Record<Clef, number>> = { treble: 38, bass: 26 };
/** How far under the top line a step stands. */
export const staffY = (clef: Clef, step: number): number => (topLine[clef] - step) / 2;

/** A note or rest as it is drawn: one that no single note can write is several, tied. */
export interface Drawn {
  readonly at: number;
  readonly ticks: number;
  readonly pitch?: Pitch;
  /** Semitones to write before it, where the bar does not say so yet. */
  readonly sign?: number;
  readonly tiedTo: boolean;
}

/** The bar's sounds as notes; `next` begins the bar after it. */
export function drawn(bar: Bar, { key }: Piece, next: Bar | undefined): Drawn[] {
  const altered = new Map<number, number>();
  const out: Drawn[] = [];
  let at = 0;
  bar.forEach(({ pitch, ticks, held }, i) => {
    const pieces = writable(ticks);
    pieces.forEach((length, j) => {
      const more = j < pieces.length - 1;
      const tiedTo = pitch !== undefined && (more || ((bar[i + 1] ?? next?.[0])?.held ?? false));
      let sign: number | undefined;
      if (pitch && j === 0 && !held && (altered.get(pitch.step) ?? signatureAlter(key, mod(pitch.step, 7))) !== pitch.alter) {
        altered.set(pitch.step, pitch.alter);
        sign = pitch.alter;
      }
      out.push({ at, ticks: length, tiedTo, ...(pitch && { pitch }), ...(sign !== undefined && { sign }) });
      at += length;
    });
  });
  return out;
}

/** A bar over all voices: where each onset stands from the bar's left line, and how wide it is. */
export interface Measure {
  readonly notes: readonly (readonly Drawn[])[];
  readonly onsets: ReadonlyMap<number, number>;
  readonly width: number;
  readonly begins: boolean;
  /** How its right line looks. */
  readonly ends: "plain" | "double" | "final" | "repeat";
}

export function measuresOf(piece: Piece): Measure[] {
  const columns = piece.voices.map(({ parts }) =>
    parts.flatMap(({ upbeat, bars, repeated }, p) => {
      const all = upbeat.length > 0 ? [upbeat, ...bars] : bars;
      return all.map((bar, b) => ({
        bar,
        begins: b === 0 && repeated,
        ends:
          b < all.length - 1
            ? ("plain" as const)
            : repeated
              ? ("repeat" as const)
              : p < parts.length - 1
                ? ("double" as const)
                : ("final" as const),
      }));
    }),
  );
  return (columns[0] ?? []).map(({ begins, ends }, i) => {
    const notes = columns.map((voice) => drawn(voice[i]!.bar, piece, voice[i + 1]?.bar));
    const times = [...new Set(notes.flat().map(({ at }) => at))].sort((a, b) => a - b);
    const total = Math.max(...columns.map((voice) => ticksOf(voice[i]!.bar)));
    const onsets = new Map<number, number>();
    let x = begins ? 2.2 : 1.1;
    times.forEach((time, t) => {
      const here = notes.flat().filter(({ at }) => at === time);
      if (here.some(({ sign }) => sign !== undefined)) x += 1.1;
      onsets.set(time, x);
      const ticks = (times[t + 1] ?? total) - time;
      x += Math.max(1.75, 2.35 * (ticks / 24) ** 0.55);
    });
    return { notes, onsets, width: x + 0.3, begins, ends };
  });
}

/** A system: measures in one line, stretched to the page's width. */
export interface System {
  readonly measures: readonly Measure[];
  /** Left of the first measure: clef, key and, in the first system, metre. */
  readonly head: number;
  readonly stretch: number;
}

/** Breaks measures into lines that are about equally full, four bars or so each. */
export function systemsOf(piece: Piece, measures: readonly Measure[], width: number): System[] {
  const key = Math.abs(fifthsOf(piece.key));
  const head = (first: boolean): number => 4.2 + key * 1 + (first ? 3 : 0.4);
  const lines: Measure[][] = [[]];
  let used = head(true);
  for (const measure of measures) {
    const line = lines.at(-1)!;
    const due = line.length > 0 && (line.length >= 4 || (line.length > 0 && used + measure.width > width));
    if (due) {
      lines.push([]);
      used = head(false);
    }
    lines.at(-1)!.push(measure);
    used += measure.width;
  }
  return lines.map((line, i) => {
    const natural = line.reduce((sum, m) => sum + m.width, 0);
    const room = width - head(i === 0);
    // a short last line is not pulled apart
    const stretch = i === lines.length - 1 && natural < 0.6 * room ? Math.min(1.25, room / natural) : room / natural;
    return { measures: line, head: head(i === 0), stretch };
  });
}
