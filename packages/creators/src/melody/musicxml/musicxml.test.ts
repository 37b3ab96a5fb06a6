import { xmlTags } from "@inkseal/codec";
import { expect, test } from "vitest";
import { readAbc } from "../abc/read.ts";
import type { Piece } from "../score/piece.ts";
import { readMusicXml } from "./read.ts";
import { writeMusicXml } from "./write.ts";

const tune = readAbc("T:A & B\nM:3/4\nL:1/8\nK:Ador\nE|A2 Bc (3d^cB|A6-|A2 z2 ^G=G|e5||");
const piece: Piece = {
  title: "A & B",
  key: tune.key,
  metre: tune.metre,
  tempo: 100,
  voices: [{ name: "Viola <1>", program: 41, clef: "treble", staff: 0, parts: tune.parts }],
};

test("each measure's notes fill it, and what is read is what was written", () => {
  const xml = writeMusicXml(piece);
  expect(xmlTags(xml).filter(({ name, kind }) => name === "measure" && kind === "open")).toHaveLength(5);
  const durations = xml
    .split("<measure ")
    .slice(1)
    .map((m) => [...m.matchAll(/<duration>(\d+)</g)].reduce((sum, [, d]) => sum + Number(d), 0));
  expect(durations).toEqual([24, 144, 144, 144, 120]);
  const again = readMusicXml(xml);
  expect(again.title).toBe("A & B");
  expect(again.key).toEqual(tune.key);
  expect(again.metre).toEqual(tune.metre);
  // 120 ticks are no one note: two, tied
  expect(again.parts[0]!.upbeat).toEqual(tune.parts[0]!.upbeat);
  expect(again.parts[0]!.bars.slice(0, 3)).toEqual(tune.parts[0]!.bars.slice(0, 3));
  expect(again.parts[0]!.bars[3]!.map(({ ticks, held }) => [ticks, held])).toEqual([
    [96, undefined],
    [24, true],
  ]);
});

test("of a chord the highest note, of several voices the first", () => {
  const note = (step: string, rest = "") =>
    `<note>${rest}<pitch><step>${step}</step><octave>4</octave></pitch><duration>4</duration><voice>${rest === "" ? 1 : 1}</voice></note>`;
  const xml = `<score-partwise><part-list/><part id="P1"><measure number="1"><attributes><divisions>4</divisions><key><fifths>-1</fifths><mode>minor</mode></key><time><beats>2</beats><beat-type>4</beat-type></time></attributes>${note("D")}${note("F", "<chord/>")}${note("E")}<backup><duration>8</duration></backup><note><pitch><step>C</step><octave>3</octave></pitch><duration>8</duration><voice>2</voice></note></measure></part></score-partwise>`;
  const read = readMusicXml(xml);
  expect(read.key).toEqual({ tonic: { letter: 1, alter: 0 }, mode: "minor" });
  expect(read.parts[0]!.bars[0]!.map(({ pitch }) => pitch!.step)).toEqual([31, 30]);
});

test.each(["<html/>", "<score-partwise><part id='1'></part></score-partwise>", "<score-partwise"])(
  "is no melody: %j",
  (xml) => {
    expect(() => readMusicXml(xml)).toThrow(expect.objectContaining({ code: "bad-file" }));
  },
);
