/**
 * Says whether a finished text is what was asked for, from the text and the rhyme books alone. It shares no code with the automaton that
 * makes verse: the rules are written out once more, as a reader would check them.
 */
import { type BookName, level, oblique, rhymeBook } from "./books/rhyme-book.ts";

export interface Asked {
  readonly form: "五言绝句" | "七言绝句" | "五言律诗" | "七言律诗" | "词" | "对联";
  readonly book: BookName;
  /** Of a 词: one tone and, where the line rhymes, a letter for each character, with marks: `中仄平平a。`. */
  readonly pattern?: string;
  /** Of a 词: places that repeat earlier ones. */
  readonly echoes?: ReadonlyMap<number, number>;
  readonly opening?: "平起" | "仄起";
  readonly firstLineRhymes?: boolean;
  /** A character with which the text must rhyme, or the name of the rhyme. */
  readonly rhyme?: string;
  readonly heads?: readonly string[];
  readonly words?: readonly string[];
  /** Lines or a beginning that the user wrote. Where they break the metre, it is theirs to break. */
  readonly start?: string;
  /** Of an answer: the line that it answers. */
  readonly upper?: string;
}

const isHan = /^\p{Script=Han}$/u;
const linesOf = (text: string): string[][] =>
  text
    .split(/[，。、\n]/)
    .map((line) => [...line].filter((c) => isHan.test(c)))
    .filter((line) => line.length > 0);

/** What is wrong with the text; nothing when it obeys. `text` in simplified script. */
export function faults(text: string, asked: Asked): string[] {
  const lines = linesOf(text);
  const found: string[] = [];
  const given = [...(asked.start ?? "")].filter((c) => isHan.test(c));
  const all = lines.flat();
  given.forEach((c, i) => {
    if (all[i] !== c) found.push(`character ${i + 1} is not the one given`);
  });
  asked.heads?.forEach((c, i) => {
    const step = asked.heads!.length * 2 === lines.length ? 2 : 1;
    if (lines[i * step]?.[0] !== c) found.push(`line ${i * step + 1} does not begin with its head`);
  });
  for (const word of asked.words ?? [])
    if (!lines.some((line) => line.join("").includes(word))) found.push("a word is missing");
  if (asked.form === "对联") found.push(...coupletFaults(lines, asked));
  else if (asked.form === "词") found.push(...tuneFaults(text, asked, given.length));
  else found.push(...regulatedFaults(lines, asked, given.length));
  return found;
}

const toneBook = (asked: Asked) => rhymeBook(asked.book === "中华新韵" ? "中华新韵" : "平水韵");
/** Can be read so; a character that is in no book may be either. */
function reads(asked: Asked, character: string, tone: number): boolean {
  const tones = toneBook(asked).tones(character);
  return tones === 0 || (tones & tone) !== 0;
}

function regulatedFaults(lines: readonly string[][], asked: Asked, given: number): string[] {
  const width = asked.form.startsWith("五") ? 5 : 7;
  const height = asked.form.endsWith("绝句") ? 4 : 8;
  if (lines.length !== height || lines.some((line) => line.length !== width)) return ["wrong number of lines or characters"];
  const levelAt = (line: number, place: number): boolean =>
    line * width + place < given || reads(asked, lines[line]![place]!, level);
  const obliqueAt = (line: number, place: number): boolean =>
    line * width + place < given || reads(asked, lines[line]![place]!, oblique);

  // the whole poem must be one of the two openings, with the first line rhyming or not
  let reasons: string[] = [];
  for (const opening of ["平起", "仄起"] as const)
    for (const rhyming of [true, false]) {
      if ((asked.opening ?? opening) !== opening || (asked.firstLineRhymes ?? rhyming) !== rhyming) continue;
      const wrong = metreFaults(width, height, opening, rhyming, levelAt, obliqueAt);
      const ends = lines.flatMap((line, i) =>
        (i % 2 === 1 || (i === 0 && rhyming)) && (i + 1) * width > given ? [line.at(-1)!] : [],
      );
      if (!shareRhyme(ends, asked)) wrong.push("the rhymes are not of one group");
      if (wrong.length === 0) return [];
      reasons = wrong;
    }
  return reasons;
}
function metreFaults(
  width: number,
  height: number,
  opening: "平起" | "仄起",
  rhyming: boolean,
  levelAt: (line: number, place: number) => boolean,
  obliqueAt: (line: number, place: number) => boolean,
): string[] {
  const wrong: string[] = [];
  // 对 and 粘: second characters go x, -x, -x, x, x, -x …
  let second = opening === "平起";
  for (let i = 0; i < height; i++) {
    if (i > 0 && i % 2 === 1) second = !second;
    const rhymes = i % 2 === 1 || (i === 0 && rhyming);
    const is = (place: number, wantLevel: boolean): boolean => (wantLevel ? levelAt(i, place) : obliqueAt(i, place));
    const core = width - 5; // the last five characters say the rest
    const key = width === 5 ? second : !second;
    if (!is(width - 1, rhymes)) wrong.push(`line ${i + 1} ends in the wrong tone`);
    if (!is(1, second) || !is(core + 1, key)) wrong.push(`line ${i + 1}: second or fourth character`);
    const usual = is(core + 3, !key) && tail(is, core, key, rhymes);
    const turned = !rhymes && key && [true, true, false, true, false].every((wantLevel, j) => is(core + j, wantLevel));
    if (!usual && !turned) wrong.push(`line ${i + 1}: inner tones`);
  }
  return wrong;
}

/** The last five characters of a line, whose second is level or not: 孤平, three level or three oblique at the end. */
function tail(is: (place: number, level: boolean) => boolean, core: number, key: boolean, rhymes: boolean): boolean {
  const third = core + 2;
  if (!rhymes) return is(third, true); // else three oblique at the end, or an ending that no line has
  return key ? is(core, true) || is(third, true) : is(third, false); // 孤平; three level at the end
}

/** Whether one group of the book has them all, or the group that was asked for. */
function shareRhyme(ends: readonly string[], asked: Asked): boolean {
  const book = rhymeBook(asked.book);
  const names = (c: string): string[] =>
    book
      .groupsOf(c)
      .filter((g) => book.groups[g]!.tone === level)
      .map((g) => book.groups[g]!.name);
  const [first, ...others] = ends;
  if (first === undefined) return true;
  return names(first).some((name) => isAsked(name, asked) && others.every((c) => names(c).includes(name)));
}
function isAsked(name: string, { rhyme, book }: Asked): boolean {
  if (rhyme === undefined || name === rhyme || name.replace(/^[一二三四五六七八九十]+/, "") === rhyme) return true;
  const groups = rhymeBook(book).groups;
  return (
    !groups.some((g) => g.name === rhyme || g.name.replace(/^[一二三四五六七八九十]+/, "") === rhyme) &&
    groups.some((g) => g.name === name && g.characters.has(rhyme))
  );
}

function tuneFaults(text: string, asked: Asked, given: number): string[] {
  const wrong: string[] = [];
  const want = [...asked.pattern!.matchAll(/([平仄中])([a-z]?)([，。、]?)/g)];
  const have = [...text.replace(/\n/g, "").matchAll(/(\p{Script=Han})([，。、]?)/gu)];
  if (want.length !== have.length) return ["wrong number of characters"];
  for (const [place, earlier] of asked.echoes ?? [])
    if (earlier >= given && asked.heads === undefined && have[place]![1] !== have[earlier]![1])
      wrong.push(`no echo at character ${place + 1}`);
  const parts = rhymeBook("词林正韵");
  const rhymes = new Map<string, Set<string>>();
  want.forEach(([, tone, letter, mark], i) => {
    const [, character, has] = have[i]!;
    if ((mark ?? "") !== (has ?? "")) wrong.push(`mark after character ${i + 1}`);
    if (i < given) return;
    const bit = tone === "平" ? level : tone === "仄" ? oblique : level | oblique;
    if (letter === "") {
      if (!reads(asked, character!, bit)) wrong.push(`tone of character ${i + 1}`);
      return;
    }
    const names = new Set(
      parts
        .groupsOf(character!)
        .map((g) => parts.groups[g]!)
        .filter((g) => (g.tone & bit) !== 0)
        .map((g) => g.name),
    );
    const before = rhymes.get(letter!);
    const shared = before === undefined ? names : new Set([...before].filter((name) => names.has(name)));
    if (shared.size === 0) wrong.push(`rhyme of character ${i + 1}`);
    rhymes.set(letter!, shared.size === 0 && before !== undefined ? before : shared);
  });
  return wrong;
}

function coupletFaults(lines: readonly string[][], asked: Asked): string[] {
  const upper = asked.upper === undefined ? undefined : linesOf(asked.upper);
  const half = lines.length / 2;
  const first = (upper ?? lines.slice(0, half)).map((line) => line);
  const second = upper === undefined ? lines.slice(half) : lines;
  if (first.length !== second.length || first.some((line, i) => line.length !== second[i]!.length))
    return ["the lines differ in length"];
  const wrong: string[] = [];
  const tones = (c: string): number => toneBook(asked).tones(c) || level | oblique;
  const flip = (bits: number): number => (bits === level ? oblique : bits === oblique ? level : bits);
  first.forEach((line, s) => {
    line.forEach((c, i) => {
      const answer = second[s]![i]!;
      if (c === answer) wrong.push(`the same character at place ${i + 1}`);
      const key = i % 2 === 1 || i === line.length - 1;
      if (key && (tones(answer) & flip(tones(c))) === 0) wrong.push(`place ${i + 1} of part ${s + 1} does not oppose`);
    });
  });
  const a = first.flat();
  const b = second.flat();
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < i; j++)
      if ((a[i] === a[j]) !== (b[i] === b[j])) wrong.push(`repetition at places ${j + 1} and ${i + 1}`);
  return wrong;
}
