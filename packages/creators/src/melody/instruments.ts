import { InksealError } from "@inkseal/core";

/** An instrument by its General MIDI program, what people call it, and what it reaches as MIDI numbers. */
export interface Instrument {
  readonly program: number;
  readonly name: string;
  readonly words: RegExp;
  readonly range: readonly [low: number, high: number];
}

export const instruments: readonly Instrument[] = [
  { program: 0, name: "Piano", words: /\bpiano\b|钢琴/i, range: [48, 88] },
  { program: 6, name: "Harpsichord", words: /harpsichord|大键琴|羽管键琴/i, range: [48, 86] },
  { program: 8, name: "Celesta", words: /celesta|glockenspiel|music box|八音盒|钟琴|钢片琴/i, range: [60, 91] },
  { program: 15, name: "Dulcimer", words: /dulcimer|扬琴/i, range: [52, 86] },
  { program: 19, name: "Organ", words: /\borgan\b|管风琴/i, range: [48, 86] },
  { program: 21, name: "Accordion", words: /accordion|concertina|melodeon|手风琴/i, range: [53, 88] },
  { program: 24, name: "Guitar", words: /guitar|吉他/i, range: [48, 81] },
  { program: 40, name: "Violin", words: /violin|fiddle|小提琴/i, range: [55, 86] },
  { program: 42, name: "Cello", words: /cello|大提琴/i, range: [43, 76] },
  { program: 46, name: "Harp", words: /\bharp\b|竖琴/i, range: [48, 88] },
  { program: 48, name: "Strings", words: /\bstrings?\b|弦乐/i, range: [48, 86] },
  { program: 52, name: "Choir", words: /\bchoir\b|\bvoices?\b|合唱团|人声/i, range: [48, 81] },
  { program: 56, name: "Trumpet", words: /trumpet|cornet|小号/i, range: [55, 82] },
  { program: 60, name: "Horn", words: /\bhorn\b|圆号/i, range: [48, 77] },
  { program: 68, name: "Oboe", words: /oboe|双簧管|唢呐/i, range: [58, 86] },
  { program: 70, name: "Bassoon", words: /bassoon|巴松/i, range: [43, 74] },
  { program: 71, name: "Clarinet", words: /clarinet|单簧管/i, range: [52, 86] },
  { program: 73, name: "Flute", words: /\bflute\b|长笛|笛子|竹笛/i, range: [60, 91] },
  { program: 74, name: "Recorder", words: /\brecorder\b|竖笛/i, range: [60, 88] },
  { program: 78, name: "Whistle", words: /whistle|哨笛|口哨/i, range: [62, 88] },
  { program: 105, name: "Banjo", words: /banjo|班卓/i, range: [50, 83] },
  { program: 107, name: "Koto", words: /\bkoto\b|guzheng|zither|古筝|筝|琵琶/i, range: [50, 86] },
  { program: 109, name: "Bagpipe", words: /bag ?pipe|风笛/i, range: [55, 84] },
];

export const instrumentIn = (words: string): Instrument | undefined =>
  instruments.find(({ words: known }) => known.test(words));

/** By name (zh or en) or General MIDI program from 0. Throws `bad-request` listing the names. */
export function instrumentOf(wish: string | number): Instrument {
  const program = typeof wish === "number" ? wish : /^\d{1,3}$/.test(wish.trim()) ? Number(wish) : undefined;
  if (program !== undefined && Number.isInteger(program) && program >= 0 && program <= 127) {
    const near = instruments.findLast((i) => i.program <= program)!;
    return near.program === program ? near : { ...near, program, name: `Program ${program}` };
  }
  const found = instrumentIn(String(wish));
  if (found) return found;
  throw new InksealError(
    "bad-request",
    `the instrument "${wish}" is not known; use ${instruments.map(({ name }) => name.toLowerCase()).join(", ")}, or a General MIDI program from 0 to 127`,
    { param: "controls.own.instrument" },
  );
}
