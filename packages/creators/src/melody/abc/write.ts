/** A piece as ABC (standard 2.1), one `V:` for each voice where there are several. */
import { type Key, keyName, signatureAlter, tonicName } from "../score/key.ts";
import type { Piece } from "../score/piece.ts";
import { letterOf, mod, octaveOf, type Pitch } from "../score/pitch.ts";
import { type Bar, beatTicks, type Metre, metreName, type Part, type Sound, wholeTicks } from "../score/tune.ts";

const unit = wholeTicks / 8;
const modeWords = {
  major: "",
  minor: "m",
  dorian: "dor",
  mixolydian: "mix",
  phrygian: "phr",
  lydian: "lyd",
  locrian: "loc",
} as const;

export interface AbcWords {
  /** More header lines, before K:. */
  readonly lines?: readonly string[];
}

export function writeAbc(piece: Piece, { lines = [] }: AbcWords = {}): string {
  const { key, metre, tempo, voices } = piece;
  const beat = beatTicks(metre);
  const out = [
    "X:1",
    `T:${plain(piece.title)}`,
    ...lines.map(plain),
    `M:${metreName(metre)}`,
    "L:1/8",
    `Q:${fraction(beat / wholeTicks)}=${tempo}`,
  ];
  if (voices.length > 1) out.push(`%%score ${scoreOf(piece)}`);
  for (const [i, { name, clef, stems }] of voices.entries())
    if (voices.length > 1) out.push(`V:${i + 1} clef=${clef} name="${plain(name)}"${stems ? ` stem=${stems}` : ""}`);
  out.push(`K:${tonicName(key.tonic)}${modeWords[key.mode]}`);
  for (const [i, voice] of voices.entries()) {
    if (voices.length > 1) out.push(`V:${i + 1}`);
    out.push(`%%MIDI program ${voice.program}`);
    out.push(...linesOf(voice.parts, key, metre));
  }
  return `${out.join("\n")}\n`;
}
/** A line's end would begin a new field. */
const plain = (text: string): string => text.replace(/[\r\n%"]+/g, " ").trim();
function scoreOf({ voices }: Piece): string {
  const staves = [...new Set(voices.map(({ staff }) => staff))];
  return staves.map((s) => `(${voices.flatMap((v, i) => (v.staff === s ? [i + 1] : [])).join(" ")})`).join(" ");
}

function linesOf(parts: readonly Part[], key: Key, metre: Metre): string[] {
  const out: string[] = [];
  parts.forEach(({ upbeat, bars, repeated }, p) => {
    let line = repeated ? "|:" : "";
    if (upbeat.length > 0) line += `${barText(upbeat, key, metre, bars[0])}|`;
    bars.forEach((bar, b) => {
      const last = b === bars.length - 1;
      const next = last ? (parts[p + 1]?.upbeat[0] ? parts[p + 1]!.upbeat : parts[p + 1]?.bars[0]) : bars[b + 1];
      line += barText(bar, key, metre, next);
      line += last ? (repeated ? ":|" : p === parts.length - 1 ? "|]" : "||") : "|";
      if (last || (b + 1) % 4 === 0) {
        out.push(line);
        line = "";
      } else line += " ";
    });
  });
  return out;
}

/** Ticks that are beamed together. */
export const beamTicks = (metre: Metre): number => {
  const beat = beatTicks(metre);
  return metre.unit === 2
    ? wholeTicks / 4
    : metre.unit === 4 && metre.beats % 2 === 0 && metre.beats > 2
      ? wholeTicks / 2
      : beat;
};

/** One bar's sounds; `next` is the bar after it, into which the last may be tied. */
export function barText(bar: Bar, key: Key, metre: Metre, next?: Bar): string {
  const altered = new Map<number, number>();
  const group = beamTicks(metre);
  let text = "";
  let at = 0;
  let tuplet = 0; // ticks left of one
  let broken = false; // whether the sound before says this one's length
  bar.forEach((sound, i) => {
    if (at > 0 && at % group === 0) text += " ";
    if (broken) {
      text += headText(sound, key, altered);
      broken = false;
      if ((bar[i + 1] ?? next?.[0])?.held) text += "-";
      at += sound.ticks;
      return;
    }
    const mark = tuplet === 0 ? brokenMark(bar, i, at, group) : "";
    if (mark !== "") {
      text += headText(sound, key, altered) + mark;
      broken = true;
      at += sound.ticks;
      return;
    }
    if (tuplet === 0 && sound.ticks % 6 !== 0) {
      const { count, ticks } = tupletFrom(bar, i);
      text += count === 3 ? "(3" : `(3:2:${count}`;
      tuplet = ticks;
    }
    const ticks = tuplet > 0 ? sound.ticks * 1.5 : sound.ticks;
    tuplet = Math.max(0, tuplet - sound.ticks);
    text += headText(sound, key, altered) + lengthText(ticks);
    if ((bar[i + 1] ?? next?.[0])?.held) text += "-";
    at += sound.ticks;
  });
  return text;
}
const headText = ({ pitch }: Sound, key: Key, altered: Map<number, number>): string =>
  pitch ? noteText(pitch, key, altered) : "z";
/** A dotted eighth and a sixteenth of one group are `A>B`, the other way `A<B`. */
function brokenMark(bar: Bar, i: number, at: number, group: number): "" | ">" | "<" {
  const [a, b] = [bar[i]!, bar[i + 1]];
  if (b === undefined || b.held || (at + a.ticks) % group === 0) return "";
  return a.ticks === 36 && b.ticks === 12 ? ">" : a.ticks === 12 && b.ticks === 36 ? "<" : "";
}
/** The sounds from `from` on that make whole 32nds together. */
export function tupletFrom(bar: readonly Sound[], from: number): { count: number; ticks: number } {
  let ticks = 0;
  let count = 0;
  do ticks += bar[from + count++]!.ticks;
  while (ticks % 12 !== 0 && from + count < bar.length);
  return { count, ticks };
}

function noteText(pitch: Pitch, key: Key, altered: Map<number, number>): string {
  const now = altered.get(pitch.step) ?? signatureAlter(key, mod(pitch.step, 7));
  let sign = "";
  if (now !== pitch.alter) {
    sign = pitch.alter === 0 ? "=" : (pitch.alter > 0 ? "^" : "_").repeat(Math.abs(pitch.alter));
    altered.set(pitch.step, pitch.alter);
  }
  const octave = octaveOf(pitch);
  const letter = letterOf(pitch);
  return `${sign}${octave >= 5 ? letter.toLowerCase() + "'".repeat(octave - 5) : letter + ",".repeat(4 - octave)}`;
}
function lengthText(ticks: number): string {
  const [over, under] = reduced(ticks, unit);
  return `${over === 1 ? "" : over}${under === 1 ? "" : under === 2 ? "/" : `/${under}`}`;
}
function fraction(value: number): string {
  const [over, under] = reduced(Math.round(value * wholeTicks), wholeTicks);
  return `${over}/${under}`;
}
function reduced(a: number, b: number): [number, number] {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return [a / x, b / x];
}

/** `Reel in D major`. */
export const titleOf = (what: string, key: Key): string => `${what} in ${keyName(key)}`;
