import { chinese, english, type Pair } from "./pairs.ts";

/** A place in a text where one of two ways was chosen. */
export interface Slot {
  readonly from: number;
  readonly to: number;
  /** As it stands there for either choice, capitals kept. */
  readonly choices: readonly [string, string];
  readonly chosen: 0 | 1;
  /** Which pair, and the words before: what the key's choice hangs on. It is the same for both choices. */
  readonly name: string;
}

/** Code, addresses and markup are left as they are. */
const untouched =
  /```[\s\S]*?(?:```|$)|`[^`\n]*`|<[^>\n]{1,500}>|\bhttps?:\/\/\S+|\]\([^)\n]*\)|[\w.+-]+@[\w.-]+|[\w-]*[/\\_]\S*/g;
type Known = readonly [pair: Pair, chosen: 0 | 1];
const byWords = (list: readonly Pair[]): Map<string, Known> =>
  new Map(list.flatMap((pair): [string, Known][] => [0, 1].map((i) => [pair[i as 0 | 1], [pair, i as 0 | 1]])));
const known = { english: byWords(english), chinese: byWords(chinese) };
const longestFirst = (words: Iterable<string>): string => [...words].sort((a, b) => b.length - a.length).join("|");
const apostrophes = /[’']/g;
const englishPattern = new RegExp(
  `(?<![\\w’'-])(?:${longestFirst(known.english.keys()).replaceAll("'", "[’']")})(?![\\w’'-])`,
  "gi",
);
const chinesePattern = new RegExp(longestFirst(known.chinese.keys()), "g");
const han = "[\\p{Script=Han}]";
/** Between Chinese characters and Latin letters or digits: a space or none. */
const boundaryPattern = new RegExp(`(?<=${han})( ?)(?=[A-Za-z0-9])|(?<=[A-Za-z0-9%])( ?)(?=${han})`, "gu");
/** An apostrophe within a word, straight or curled. */
const apostrophePattern = /(?<=[A-Za-z])[’'](?=[A-Za-z])/g;

/** Between two English sentences of a line: one space, or two as typists are taught; no page shows the difference. */
const sentencePattern = /(?<=[a-z0-9)][.!?]["”’)]?) {1,2}(?=["“(]?[A-Z])/g;

/** After a contraction's long form these would be its subject, as in a question. */
const inverted = /^\s+(?:i|you|he|she|it|we|they|this|that|there)\b/i;

/** All places of a text, in order, none within another. Linear in its length. */
export function slotsOf(text: string): readonly Slot[] {
  const shut = [...text.matchAll(untouched)].map((m) => [m.index, m.index + m[0].length] as const);
  const found: Slot[] = [];
  const offer = (from: number, to: number, kind: string, choices: Slot["choices"], chosen: 0 | 1): void => {
    found.push({ from, to, choices, chosen, name: kind });
  };
  for (const { 0: words, index } of text.matchAll(englishPattern)) {
    const [pair, chosen] = known.english.get(words.toLowerCase().replace(apostrophes, "'"))!;
    const after = text.slice(index + words.length, index + words.length + 12);
    // contractions stand before another word of the sentence, and not before their subject
    if (pair[1].includes("'") && (!/^\s+[a-z]/.test(after) || inverted.test(after))) continue;
    // "a big", "an email": the article goes with the sound
    if (/\ban?\s$/i.test(text.slice(Math.max(0, index - 3), index)) && vowel(pair[0]) !== vowel(pair[1])) continue;
    if (words !== words.toLowerCase() && !/^[A-Z][^A-Z]*$/.test(words)) continue;
    const like = (w: string): string => (/^[A-Z]/.test(words) ? w[0]!.toUpperCase() + w.slice(1) : w);
    const curled = words.includes("’") ? (w: string): string => w.replaceAll("'", "’") : (w: string): string => w;
    offer(index, index + words.length, pair[0], [curled(like(pair[0])), curled(like(pair[1]))], chosen);
  }
  for (const { 0: words, index } of text.matchAll(chinesePattern)) {
    const [pair, chosen] = known.chinese.get(words)!;
    if (pair[2]?.test(text.slice(Math.max(0, index - 2), index + words.length + 2))) continue;
    offer(index, index + words.length, pair[0], [pair[0], pair[1]], chosen);
  }
  for (const { 0: gap, index } of text.matchAll(sentencePattern))
    offer(index, index + gap.length, "sentence", [" ", "  "], gap.length === 1 ? 0 : 1);
  for (const { 0: gap, index } of text.matchAll(boundaryPattern))
    offer(index, index + gap.length, "gap", ["", " "], gap === "" ? 0 : 1);
  for (const { 0: sign, index } of text.matchAll(apostrophePattern))
    offer(index, index + 1, "apostrophe", ["'", "’"], sign === "'" ? 0 : 1);
  found.sort((a, b) => a.from - b.from || b.to - a.to);
  const slots: Slot[] = [];
  let end = 0;
  let next = 0;
  for (const slot of found) {
    while (next < shut.length && shut[next]![1] <= slot.from) next++;
    const closed = next < shut.length && shut[next]![0] < slot.to + 1;
    if (closed || slot.from < end) continue;
    end = slot.to;
    slots.push(slot);
  }
  return named(text, slots);
}

const vowel = (word: string): boolean => /^[aeiou]/i.test(word);

/** Characters before a slot that its name takes in: three words or so. */
const context = 12;

/** The words before each slot, those of other slots by their first choice, and without spaces, signs and capitals: what editing changes least. */
function named(text: string, slots: readonly Slot[]): Slot[] {
  let plain = "";
  let at = 0;
  return slots.map((slot) => {
    plain += bare(text.slice(at, slot.from));
    const name = `${slot.name}|${plain.slice(-context)}`;
    plain = (plain + bare(slot.choices[0])).slice(-4 * context);
    at = slot.to;
    return { ...slot, name };
  });
}

const bare = (text: string): string =>
  text
    .slice(-200)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "");
