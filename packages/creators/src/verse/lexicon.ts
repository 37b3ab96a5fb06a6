import type { Tokenizer } from "@inkseal/lab";
import { level, oblique, type RhymeBook, rhymeBook as theRhymeBook } from "./books/rhyme-book.ts";
import { usedLevel, usedOblique, usedRhymes } from "./books/usage.gen.ts";
import type { ToneWish } from "./forms/form.ts";
import { unknownToken } from "./tokens.ts";

const han = /^\p{Script=Han}$/u;
const bitsOf: Readonly<Record<ToneWish, number>> = { 平: level, 仄: oblique, 中: level | oblique };

/** What one place takes: a tone, and where the line rhymes the group of the book. */
export interface Sound {
  readonly tone: ToneWish;
  readonly rhyme?: number | undefined;
}

/** The characters that the model knows, with their sounds in one rhyme book. */
export interface Lexicon {
  readonly vocab: number;
  readonly book: RhymeBook;
  /** The rhymes of this book, which for a 词 are the parts of 词林正韵 with both tones. */
  readonly rhymes: readonly Rhyme[];
  /** The token of a character, or that of the unknown. */
  token(character: string): number;
  character(token: number): string;
  /** Whether a character may stand where this sound is asked for. One that no book has may stand anywhere but in a rhyme. */
  fits(character: string, sound: Sound): boolean;
  /** One byte a token: 1 where it `fits` by a reading that poets use. Characters outside of the book are left out. */
  mask(sound: Sound): Uint8Array;
  /** How many characters the mask has. */
  count(sound: Sound): number;
}
/** Rare readings make verse correct that sounds wrong: the model does not use them. */
const levels = new Set(usedLevel);
const obliques = new Set(usedOblique);
const rhymed = usedRhymes
  .trim()
  .split("\n")
  .map((line) => new Set(line));
function used(character: string, { tone, rhyme }: Sound, byGroups: boolean): boolean {
  if ((tone === "平" && obliques.has(character)) || (tone === "仄" && levels.has(character))) return false;
  return !byGroups || rhyme === undefined || (rhymed[rhyme]?.has(character) ?? true);
}

export interface Rhyme {
  readonly name: string;
  readonly characters: ReadonlySet<string>;
}

/** `rhymesOf` gives the book whose groups rhyme, when it is another one than that of the tones. Groups of one name are one rhyme. */
export function lexicon(tokenizer: Tokenizer, book: RhymeBook, rhymeBook: RhymeBook = book): Lexicon {
  const characters = Array.from({ length: tokenizer.vocab }, (_, id) => tokenizer.decode([id]));
  const tokens = new Map(characters.map((c, id) => [c, id]));
  const unknown = tokens.get(unknownToken)!;
  const names = [...new Set(rhymeBook.groups.map(({ name }) => name))];
  const rhymes = names.map((name) => ({
    name,
    characters: new Set(rhymeBook.groups.filter((g) => g.name === name).flatMap((g) => [...g.characters])),
  }));
  const masks = new Map<string, { mask: Uint8Array; count: number }>();

  /**
   * In a rhyme the reading that rhymes must have the tone too: 看 rhymes with 寒 as a level word. Where the rhymes are of another book than
   * the tones, its groups tell the tone.
   */
  function fits(character: string, { tone, rhyme }: Sound): boolean {
    const wish = bitsOf[tone];
    if (rhyme !== undefined) {
      const { name } = rhymes[rhyme]!;
      return rhymeBook.groupsOf(character).some((g) => {
        const group = rhymeBook.groups[g]!;
        return group.name === name && (group.tone & wish) !== 0;
      });
    }
    const tones = book.tones(character);
    return tones === 0 || (tones & wish) !== 0;
  }
  const classical = book === theRhymeBook("平水韵");
  const level30 = rhymeBook === book;
  function entry(sound: Sound): { mask: Uint8Array; count: number } {
    const key = `${sound.tone}${sound.rhyme ?? ""}`;
    let found = masks.get(key);
    if (found === undefined) {
      const mask = new Uint8Array(tokenizer.vocab);
      let count = 0;
      characters.forEach((c, id) => {
        // beyond the basic plane there are characters that many fonts lack
        if (!han.test(c) || c.length > 1 || book.tones(c) === 0 || !fits(c, sound) || (classical && !used(c, sound, level30)))
          return;
        mask[id] = 1;
        count++;
      });
      masks.set(key, (found = { mask, count }));
    }
    return found;
  }
  return {
    vocab: tokenizer.vocab,
    book,
    rhymes,
    token: (c) => tokens.get(c) ?? unknown,
    character: (token) => characters[token]!,
    fits,
    mask: (sound) => entry(sound).mask,
    count: (sound) => entry(sound).count,
  };
}
