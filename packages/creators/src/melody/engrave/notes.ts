/** Heads, stems, beams, flags, dots, ties and triplets of one voice's bar. */
import { beamTicks, tupletFrom } from "../abc/write.ts";
import type { Piece, Voice } from "../score/piece.ts";
import { noteValue } from "../score/value.ts";
import { type GlyphName, glyphs } from "./glyphs.gen.ts";
import type { Ink } from "./ink.ts";
import { type Drawn, staffY } from "./spacing.ts";

const headNames: readonly GlyphName[] = ["noteheadWhole", "noteheadHalf", "noteheadBlack"];
const restNames: readonly GlyphName[] = ["restWhole", "restHalf", "restQuarter", "rest8th", "rest16th", "rest32nd"];
const flagNames = ["flag8th", "flag16th", "flag32nd"] as const;
const signNames: readonly GlyphName[] = [
  "accidentalDoubleFlat",
  "accidentalFlat",
  "accidentalNatural",
  "accidentalSharp",
  "accidentalDoubleSharp",
];

interface Placed extends Drawn {
  readonly x: number;
  readonly y: number;
  readonly up: boolean;
}

interface Room {
  /** The staff's top line. */
  readonly top: number;
  /** Where an onset stands. */
  readonly xOf: (at: number) => number;
  /** The next bar's first note, for ties. */
  readonly nextX: number;
  /** The upper voice of the staff, to which heads a second apart give way. */
  readonly other: readonly Drawn[];
}

export function drawNotes(
  ink: Ink,
  piece: Piece,
  voice: Voice,
  notes: readonly Drawn[],
  { top, xOf, nextX, other }: Room,
): void {
  const { clef, stems } = voice;
  const groups = beamGroups(notes, piece);
  const ups = new Map<Drawn, boolean>();
  for (const group of groups) {
    const steps = group.flatMap(({ pitch }) => (pitch ? [staffY(clef, pitch.step)] : []));
    const far = steps.reduce((a, b) => (Math.abs(b - 2) > Math.abs(a - 2) ? b : a), 2);
    for (const note of group) ups.set(note, stems === undefined ? far > 2 : stems === "up");
  }
  const placed = notes.map((note): Placed => {
    const restY = stems === "up" ? 0 : stems === "down" ? 4 : 2;
    const near = other.find(({ at }) => at === note.at)?.pitch;
    const aside = note.pitch && near && Math.abs(near.step - note.pitch.step) === 1 ? 1.25 : 0;
    return {
      ...note,
      x: xOf(note.at) + aside,
      y: top + (note.pitch ? staffY(clef, note.pitch.step) : restY),
      up: ups.get(note) ?? true,
    };
  });
  const byNote = new Map(notes.map((note, i) => [note, placed[i]!]));
  for (const [i, note] of placed.entries()) {
    drawHead(ink, note, top);
    if (note.tiedTo) {
      const to = placed[i + 1]?.x ?? nextX;
      const side = note.up ? 1 : -1;
      const y = note.y + side * 0.75;
      ink.path(
        `M${ink.n(note.x + 0.7)} ${ink.n(y)}Q${ink.n((note.x + to) / 2 + 0.5)} ${ink.n(y + side * 1.1)} ${ink.n(to + 0.4)} ${ink.n(y)}Q${ink.n((note.x + to) / 2 + 0.5)} ${ink.n(y + side * 0.8)} ${ink.n(note.x + 0.7)} ${ink.n(y)}Z`,
      );
    }
  }
  for (const group of groups)
    drawStems(
      ink,
      group.map((note) => byNote.get(note)!),
      top,
    );
  drawTriplets(ink, placed, top);
}

function drawHead(ink: Ink, { pitch, ticks, x, y, sign }: Placed, top: number): void {
  const { kind, dots } = noteValue(ticks) ?? { kind: 2, dots: 0 };
  if (pitch === undefined) {
    ink.glyph(restNames[kind]!, x, kind === 0 ? y - 1 : y);
  } else {
    const name = headNames[Math.min(kind, 2)]!;
    ink.glyph(name, x, y);
    if (sign !== undefined) {
      const mark = signNames[sign + 2]!;
      ink.glyph(mark, x - glyphs[mark].width / 100 - 0.25, y);
    }
    const wide = glyphs[name].width / 100;
    for (let line = top - 1; line >= y - 0.01; line--) ink.line(x - 0.35, line, x + wide + 0.35, line, 0.16);
    for (let line = top + 5; line <= y + 0.01; line++) ink.line(x - 0.35, line, x + wide + 0.35, line, 0.16);
  }
  const onLine = Math.abs((y - top) % 1) < 0.01;
  for (let d = 0; d < dots; d++) ink.dot(x + 1.65 + d * 0.6, onLine ? y - 0.5 : y);
}

/** Notes that share a beam, and single ones; a rest ends a beam. */
function beamGroups(notes: readonly Drawn[], piece: Piece): Drawn[][] {
  const window = beamTicks(piece.metre);
  const groups: Drawn[][] = [];
  let open: Drawn[] | undefined;
  for (const note of notes) {
    const { kind } = noteValue(note.ticks) ?? { kind: 0 };
    const beamed = kind >= 3 && note.pitch !== undefined;
    const same = open !== undefined && Math.floor(open[0]!.at / window) === Math.floor(note.at / window);
    // sixteenths keep to the beat
    const quick = kind >= 4 || (open?.some(({ ticks }) => (noteValue(ticks)?.kind ?? 0) >= 4) ?? false);
    const beat =
      window > 48 &&
      quick &&
      open !== undefined &&
      Math.floor(open.at(-1)!.at / 48) !== Math.floor(note.at / 48) &&
      piece.metre.unit < 8;
    if (beamed && same && !beat) open!.push(note);
    else {
      const group = [note];
      groups.push(group);
      open = beamed ? group : undefined;
    }
  }
  return groups;
}

const headWide = 1.18;
const stemX = ({ x, up }: Placed): number => (up ? x + headWide - 0.06 : x + 0.06);

function drawStems(ink: Ink, group: readonly Placed[], top: number): void {
  const [first] = group as [Placed];
  const kind = noteValue(first.ticks)?.kind ?? 2;
  if (first.pitch === undefined || (kind === 0 && group.length === 1)) return;
  const side = first.up ? -1 : 1;
  if (group.length === 1) {
    const x = stemX(first);
    let end = first.y + side * (kind >= 5 ? 4 : 3.5);
    // far ledger notes reach back to the middle line
    if (first.up ? end > top + 2 : end < top + 2) end = top + 2;
    ink.line(x, first.y + side * 0.16, x, end, 0.13);
    if (kind >= 3) ink.glyph(`${flagNames[kind - 3]!}${first.up ? "Up" : "Down"}` as GlyphName, x - 0.06, end);
    return;
  }
  const last = group.at(-1)!;
  const deepest = Math.max(...group.map(({ ticks }) => noteValue(ticks)?.kind ?? 3)) - 3;
  const length = 3.25 + deepest * 0.6;
  const [x0, x1] = [stemX(first), stemX(last)];
  const slope = Math.max(-0.18, Math.min(0.18, ((last.y - first.y) / (x1 - x0)) * 0.6));
  // the beam is as near as its nearest note allows
  const over = (p: Placed): number => p.y + side * length - slope * (stemX(p) - x0);
  const base = first.up ? Math.min(...group.map(over), top + 2) : Math.max(...group.map(over), top + 2);
  const beamY = (x: number): number => base + slope * (x - x0);
  for (const note of group) ink.line(stemX(note), note.y + side * 0.16, stemX(note), beamY(stemX(note)), 0.13);
  for (let level = 0; level <= deepest; level++) {
    let from: number | undefined;
    group.forEach((note, i) => {
      const has = (p: Placed | undefined): boolean => p !== undefined && (noteValue(p.ticks)?.kind ?? 0) - 3 >= level;
      if (!has(note)) return;
      from ??= stemX(note);
      if (has(group[i + 1])) return;
      let to = stemX(note);
      if (to === from) to = from + (i === group.length - 1 ? -1.1 : 1.1);
      ink.beam(from, beamY(from) - side * level * 0.75, to, beamY(to) - side * level * 0.75, -side * 0.5);
      from = undefined;
    });
  }
}

function drawTriplets(ink: Ink, notes: readonly Placed[], top: number): void {
  for (let i = 0; i < notes.length; i++) {
    if (!noteValue(notes[i]!.ticks)?.triplet) continue;
    const { count } = tupletFrom(notes, i);
    const group = notes.slice(i, i + count);
    const up = group[0]!.up;
    const edge = up ? Math.min(...group.map(({ y }) => y), top + 2) - 4.3 : Math.max(...group.map(({ y }) => y), top + 2) + 5.1;
    ink.text("3", (group[0]!.x + group.at(-1)!.x + headWide) / 2, edge, { size: 1.5, italic: true, anchor: "middle" });
    i += count - 1;
  }
}
