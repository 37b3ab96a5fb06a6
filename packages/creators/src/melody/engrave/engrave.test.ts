import { xmlTags } from "@inkseal/codec";
import { expect, test } from "vitest";
import { readAbc } from "../abc/read.ts";
import type { Piece } from "../score/piece.ts";
import { engrave } from "./engrave.ts";

const tune = readAbc("M:4/4\nL:1/8\nK:Eb\n|:EF|GB eg b2 ^f=f|(3efg B/c/d/e/ z2 C2|E8-|E6:|");
const piece: Piece = {
  title: "<b>水调</b>",
  key: tune.key,
  metre: tune.metre,
  tempo: 96,
  voices: [{ name: "x", program: 0, clef: "treble", staff: 0, parts: tune.parts }],
};
const svg = engrave(piece, { credit: "a & b" });
const uses = (name: string) => svg.split(`href="#${name}"`).length - 1;

test("is well-formed and has every head, rest, sign, dot and tie", () => {
  expect(xmlTags(svg)[0]).toMatchObject({ local: "svg" });
  expect(svg).toContain("&lt;b&gt;水调&lt;/b&gt;");
  // eighths, sixteenths, triplet and quarters are black; C4 too
  expect(uses("noteheadBlack")).toBe(2 + 7 + 3 + 4 + 1 + 1); // and the tempo's
  expect(uses("noteheadWhole")).toBe(1);
  expect(uses("noteheadHalf")).toBe(1);
  expect(uses("restQuarter")).toBe(1);
  expect(uses("accidentalSharp")).toBe(1);
  expect(uses("accidentalNatural")).toBe(1);
  expect(uses("accidentalFlat") % 3).toBe(0); // the signature, once a system
  expect(uses("timeSig4")).toBe(2);
  expect(svg.match(/>3</g)).toHaveLength(1);
  expect(svg.match(/Q/g)!.length).toBeGreaterThanOrEqual(2); // the tie's two curves
});

test("every glyph that is used is defined, and nothing is not a number", () => {
  for (const [, name] of svg.matchAll(/href="#(\w+)"/g)) expect(svg).toContain(`id="${name}"`);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});
