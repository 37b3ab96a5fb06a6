/**
 * How a poem is written for the model: one token a character, and structure as code points of the private use area.
 *
 *     form era [词牌] [title …] [words … 、 …] (rhyme | body) … ⏎
 *
 * The rhyme stands where the body begins, so that the model may choose it after it has read what the poem is about.
 */
export const verseForms = ["五绝", "七绝", "五律", "七律", "词", "联"] as const;
export type VerseForm = (typeof verseForms)[number];

const at = (offset: number): string => String.fromCodePoint(0xe000 + offset);
export const formToken = (form: VerseForm): string => at(verseForms.indexOf(form));
export const eras = ["唐", "宋"] as const;
export type Era = (typeof eras)[number];
export const eraToken = (era: Era): string => at(0x10 + eras.indexOf(era));
export const titleToken = at(0x20);
export const wordsToken = at(0x21);
/** Begins the body of a poem whose rhyme is not named. */
export const bodyToken = at(0x22);
export const unknownToken = at(0x24);
export const endToken = "\n";

/** 平水韵's level groups, in the book's order. */
export const levelRhymes = "东冬江支微鱼虞齐佳灰真文元寒删先萧肴豪歌麻阳庚青蒸尤侵覃盐咸";
/** Of 绝句 and 律诗: one of the 30 level groups of 平水韵, counted from 0. */
export const rhymeToken = (group: number): string => at(0x100 + group);
/** Of 词: one of the 19 parts of 词林正韵, counted from 0. */
export const partToken = (part: number): string => at(0x140 + part);

export const structureTokens: readonly string[] = [
  endToken,
  ...verseForms.map(formToken),
  ...eras.map(eraToken),
  titleToken,
  wordsToken,
  bodyToken,
  unknownToken,
  ...Array.from(levelRhymes, (_, i) => rhymeToken(i)),
  ...Array.from({ length: 19 }, (_, i) => partToken(i)),
];
/** Between characters of a body. */
export const punctuation = ["，", "。", "、"] as const;
