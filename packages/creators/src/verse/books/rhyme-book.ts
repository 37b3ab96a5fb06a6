import { cilin, pingshui, xinyun } from "./tables.gen.ts";

/** 平 and 仄. A character with readings of both has both bits. */
export const level = 1;
export const oblique = 2;
export type Tone = typeof level | typeof oblique;

export interface RhymeGroup {
  readonly name: string;
  readonly tone: Tone;
  readonly entering: boolean;
  readonly characters: ReadonlySet<string>;
}

/** A rhyme book: which characters rhyme, and by that which tones a character has. A character of several readings is in several groups. */
export interface RhymeBook {
  readonly groups: readonly RhymeGroup[];
  /** Bits of `level` and `oblique`; 0 for a character that the book does not have. */
  tones(character: string): number;
  /** Indices into `groups`. */
  groupsOf(character: string): readonly number[];
}

function parse(table: string): RhymeBook {
  const groups: RhymeGroup[] = [];
  const of = new Map<string, number[]>();
  for (const line of table.trim().split("\n")) {
    const [head, characters] = line.split(" ") as [string, string];
    const mark = head[0]!;
    for (const c of characters) of.set(c, [...(of.get(c) ?? []), groups.length]);
    groups.push({
      name: head.slice(1),
      tone: mark === "平" ? level : oblique,
      entering: mark === "入",
      characters: new Set(characters),
    });
  }
  return {
    groups,
    tones: (c) => of.get(c)?.reduce((bits, g) => bits | groups[g]!.tone, 0) ?? 0,
    groupsOf: (c) => of.get(c) ?? [],
  };
}

export const bookNames = ["平水韵", "中华新韵", "词林正韵"] as const;
export type BookName = (typeof bookNames)[number];
const tables: Record<BookName, string> = { 平水韵: pingshui, 中华新韵: xinyun, 词林正韵: cilin };
const books = new Map<BookName, RhymeBook>();

/** The book, read when it is first asked for. */
export function rhymeBook(name: BookName): RhymeBook {
  let book = books.get(name);
  if (book === undefined) books.set(name, (book = parse(tables[name])));
  return book;
}
