import type { BookName } from "./books/rhyme-book.ts";
import type { Opening } from "./forms/regulated.ts";
import type { Era } from "./tokens.ts";

export const formNames = ["五言绝句", "七言绝句", "五言律诗", "七言律诗", "词", "对联"] as const;
export type FormName = (typeof formNames)[number];
export const bookChoices = ["平水韵", "中华新韵"] as const satisfies readonly BookName[];

/** What Verse is asked to make, in simplified script. */
export interface VerseJob {
  readonly form: FormName;
  /** The 词牌. */
  readonly tune?: string | undefined;
  /** Of tones and rhymes; a 词 rhymes by 词林正韵 and has the tones of 平水韵. */
  readonly book: (typeof bookChoices)[number];
  /** A rhyme's name, or a character that has it. */
  readonly rhyme?: string | undefined;
  readonly opening?: Opening | undefined;
  readonly firstLineRhymes?: boolean | undefined;
  /** First characters of the lines, or of each second one. */
  readonly acrostic?: readonly string[] | undefined;
  /** Words that must occur. */
  readonly words: readonly string[];
  /** How the poem begins. */
  readonly start?: string | undefined;
  /** The line of a couplet that is to be answered. */
  readonly upper?: string | undefined;
  /** What it is about: soft. */
  readonly topic: string;
  readonly era: Era;
  readonly traditional: boolean;
  readonly seed: number;
  readonly n: number;
  readonly temperature: number;
  readonly topP: number;
  readonly candidates: number;
}
