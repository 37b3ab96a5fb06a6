/** Engraves a piece as SVG, without a browser: one or two voices a staff, in systems of about four bars. */
import { fifthsOf } from "../score/key.ts";
import type { Clef, Piece } from "../score/piece.ts";
import { beatTicks } from "../score/tune.ts";
import { noteValue } from "../score/value.ts";
import type { GlyphName } from "./glyphs.gen.ts";
import { Ink } from "./ink.ts";
import { drawNotes } from "./notes.ts";
import { type Measure, measuresOf, type System, staffY, systemsOf } from "./spacing.ts";

const pageWidth = 96;
const margin = 4;
const staffGap = 11;

/** Steps on which a signature's sharps and flats stand, in a treble staff; a bass staff has them two steps lower and an octave down. */
const sharpSteps = [38, 35, 39, 36, 33, 37, 34];
const flatSteps = [34, 37, 33, 36, 32, 35, 31];

export interface EngraveWords {
  /** Right under the title, such as who made it. */
  readonly credit?: string;
}

/** The score as an SVG document. */
export function engrave(piece: Piece, { credit }: EngraveWords = {}): string {
  const ink = new Ink();
  const measures = measuresOf(piece);
  const systems = systemsOf(piece, measures, pageWidth - 2 * margin);
  const staves = [...new Set(piece.voices.map(({ staff }) => staff))].sort((a, b) => a - b);
  const { above, below } = reach(piece);
  const systemHeight = above + (staves.length - 1) * staffGap + 4 + below;
  ink.text(piece.title, pageWidth / 2, 5, { size: 3, bold: true, anchor: "middle" });
  if (credit) ink.text(credit, pageWidth - margin, 8, { size: 1.5, italic: true, anchor: "end" });
  drawTempo(ink, piece, margin, 9.4);
  let top = 10.5 + above;
  systems.forEach((system, i) => {
    drawSystem(ink, piece, { system, first: i === 0, top, staves });
    top += systemHeight + 2;
  });
  return ink.svg(pageWidth, top - above + 1, piece.title, 9);
}

/** How far notes stand out over the first and under the last staff. */
function reach({ voices }: Piece): { above: number; below: number } {
  let [above, below] = [2, 2];
  const lastStaff = Math.max(...voices.map(({ staff }) => staff));
  const firstStaff = Math.min(...voices.map(({ staff }) => staff));
  for (const { clef, parts, staff } of voices)
    for (const { pitch } of parts.flatMap(({ upbeat, bars }) => [...upbeat, ...bars.flat()])) {
      if (pitch === undefined) continue;
      const y = staffY(clef, pitch.step);
      if (staff === firstStaff) above = Math.max(above, 1.5 - y, y > 2 ? 3.8 - y : 0);
      if (staff === lastStaff) below = Math.max(below, y - 2.5, y <= 2 ? y + 1 : 0);
    }
  return { above: above + 1, below: below + 1 };
}

function drawTempo(ink: Ink, { metre, tempo }: Piece, x: number, y: number): void {
  const { kind, dots } = noteValue(beatTicks(metre))!;
  ink.glyph(kind === 1 ? "noteheadHalf" : "noteheadBlack", x, y);
  ink.line(x + 1.12, y - 0.16, x + 1.12, y - 3, 0.13);
  if (kind === 3) ink.glyph("flag8thUp", x + 1.06, y - 3);
  for (let d = 0; d < dots; d++) ink.dot(x + 1.7, y);
  ink.text(`= ${tempo}`, x + 2.4, y + 0.5, { size: 1.8 });
}

interface Line {
  readonly system: System;
  readonly first: boolean;
  /** The top line of the first staff. */
  readonly top: number;
  readonly staves: readonly number[];
}
function drawSystem(ink: Ink, piece: Piece, { system, first, top, staves }: Line): void {
  const width = system.head + system.measures.reduce((sum, m) => sum + m.width * system.stretch, 0);
  const bottom = top + (staves.length - 1) * staffGap + 4;
  staves.forEach((staff, s) => {
    const y = top + s * staffGap;
    for (let line = 0; line < 5; line++) ink.line(margin, y + line, margin + width, y + line, 0.13);
    drawHead(ink, piece, piece.voices.find((v) => v.staff === staff)!.clef, y, first);
  });
  if (staves.length > 1) ink.line(margin, top, margin, bottom, 0.2);
  let x = margin + system.head;
  system.measures.forEach((measure, m) => {
    const wide = measure.width * system.stretch;
    const next = system.measures[m + 1];
    const xOf = (at: number): number => x + (measure.onsets.get(at) ?? 0) * system.stretch;
    const nextX = next ? x + wide + 1.1 * system.stretch : x + wide - 0.5;
    if (measure.begins) drawRepeat(ink, x + 0.2, { top, staves, bottom, left: true });
    for (const [v, voice] of piece.voices.entries())
      drawNotes(ink, piece, voice, measure.notes[v]!, {
        ...{ top: top + staves.indexOf(voice.staff) * staffGap, xOf, nextX },
        other: voice.stems === "down" ? measure.notes[piece.voices.findIndex((o) => o.staff === voice.staff)]! : [],
      });
    x += wide;
    drawLine(ink, x, measure, { top, staves, bottom });
  });
}

function drawHead(ink: Ink, { key, metre }: Piece, clef: Clef, y: number, first: boolean): void {
  ink.glyph(clef === "treble" ? "gClef" : "fClef", margin + 0.6, y + (clef === "treble" ? 3 : 1));
  const fifths = fifthsOf(key);
  const steps = fifths > 0 ? sharpSteps : flatSteps;
  const sign: GlyphName = fifths > 0 ? "accidentalSharp" : "accidentalFlat";
  for (let i = 0; i < Math.min(7, Math.abs(fifths)); i++)
    ink.glyph(sign, margin + 3.9 + i, y + staffY(clef, clef === "treble" ? steps[i]! : steps[i]! - 14));
  if (!first) return;
  const x = margin + 4.3 + Math.abs(fifths);
  for (const [line, number] of [
    [1, metre.beats],
    [3, metre.unit],
  ] as const) {
    const digits = [...String(number)];
    digits.forEach((d, i) => {
      ink.glyph(`timeSig${d}` as GlyphName, x + 0.1 + i * 1.7 - (digits.length - 1) * 0.6, y + line);
    });
  }
}

type Place = Pick<Line, "top" | "staves"> & { readonly bottom: number };
function drawLine(ink: Ink, x: number, { ends }: Measure, place: Place): void {
  const { top, bottom } = place;
  if (ends === "plain") ink.line(x, top, x, bottom, 0.16);
  else if (ends === "double") {
    ink.line(x - 0.7, top, x - 0.7, bottom, 0.16);
    ink.line(x, top, x, bottom, 0.16);
  } else if (ends === "final") {
    ink.line(x - 0.95, top, x - 0.95, bottom, 0.16);
    ink.line(x - 0.25, top, x - 0.25, bottom, 0.5);
  } else drawRepeat(ink, x, { ...place, left: false });
}
function drawRepeat(ink: Ink, x: number, { top, staves, bottom, left }: Place & { readonly left: boolean }): void {
  const side = left ? 1 : -1;
  ink.line(x + side * 0.25, top, x + side * 0.25, bottom, 0.5);
  ink.line(x + side * 0.95, top, x + side * 0.95, bottom, 0.16);
  staves.forEach((_, s) => {
    for (const y of [1.5, 2.5]) ink.dot(x + side * 1.45, top + s * staffGap + y);
  });
}
