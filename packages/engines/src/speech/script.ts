import { InksealError } from "@inkseal/core";
import type { Hint, Script } from "./markup.ts";
import { mnemonicsOf, pinyinOf } from "./phonemes.ts";
import { type Range, sentenceRanges } from "./sentences.ts";

/** One sentence as the synthesiser gets it. */
export interface Utterance extends Range {
  /** What is sent; its characters (code points) come from `origin` in the script's text. */
  readonly said: string;
  readonly origin: readonly number[];
  /** Seconds of silence before it; undefined for the voice's own. */
  readonly pause: number | undefined;
}
export interface Pauses {
  /** Seconds between sentences and between paragraphs; undefined for the voice's own. */
  readonly sentence?: number;
  readonly paragraph?: number;
}
/** What a voice does with a hint; throws `cannot-do` for one that it has no way to say. */
export type SayHint = (hint: Hint, sentence: string) => string;

/** The script's sentences with the pauses between them, and the pause after the last one. */
export function utterancesOf(script: Script, pauses: Pauses, sayHint: SayHint): { utterances: Utterance[]; tail: number } {
  const { text, hints } = script;
  const cuts = [...new Set([0, ...script.pauses.map((p) => p.at), text.length])].sort((a, b) => a - b);
  const ranges: Range[] = [];
  for (const [i, from] of cuts.slice(0, -1).entries()) {
    const to = cuts[i + 1]!;
    for (const { start, end } of sentenceRanges(text.slice(from, to))) {
      const range = { start: from + start, end: from + end };
      const last = ranges.at(-1);
      // a stop inside of a hint (`Dr. Smith`) ends nothing
      if (last !== undefined && hints.some((h) => h.start < range.start && h.end > last.end))
        ranges[ranges.length - 1] = { ...last, end: range.end };
      else ranges.push(range);
    }
  }
  const marked = (from: number, to: number): number | undefined => {
    const between = script.pauses.filter(({ at }) => at >= from && at <= to);
    return between.length === 0 ? undefined : between.reduce((sum, { seconds }) => sum + seconds, 0);
  };
  const utterances = ranges.map((range, i): Utterance => {
    const before = ranges[i - 1]?.end;
    const gap = text.slice(before ?? 0, range.start);
    const usual =
      before === undefined ? undefined : gap.includes("\n") ? (pauses.paragraph ?? pauses.sentence) : pauses.sentence;
    return { ...range, ...saidOf(text, range, hints, sayHint), pause: marked(before ?? 0, range.start) ?? usual };
  });
  return { utterances, tail: marked(ranges.at(-1)?.end ?? 0, text.length) ?? 0 };
}

function saidOf(
  text: string,
  { start, end }: Range,
  hints: readonly Hint[],
  sayHint: SayHint,
): Pick<Utterance, "said" | "origin"> {
  let said = "";
  const origin: number[] = [];
  const put = (words: string, from: number, moving: boolean): void => {
    let at = from;
    for (const c of words) {
      said += c;
      origin.push(at);
      if (moving) at += c.length;
    }
  };
  let at = start;
  for (const hint of hints) {
    if (hint.start < at || hint.end > end) continue;
    put(plain(text.slice(at, hint.start)), at, true);
    put(sayHint(hint, text.slice(start, end)), hint.start, false);
    at = hint.end;
  }
  put(plain(text.slice(at, end)), at, true);
  return { said, origin };
}

/** The synthesiser takes tags and phonemes of its own: what was not marked as such must not become one. Lengths stay. */
const plain = (text: string): string => text.replaceAll("<", " ").replaceAll("[[", "  ");

/** eSpeak's way: pinyin as Latin syllables for its Mandarin voice, phonemes in double brackets. */
export const espeakHint =
  (voiceOf: (sentence: string) => string): SayHint =>
  (hint, sentence) => {
    const voice = voiceOf(sentence);
    if (hint.alphabet === "words") return hint.sound;
    if (hint.alphabet === "espeak") return `[[${hint.sound}]]`;
    if (hint.alphabet === "pinyin") {
      if (voice === "cmn") return ` ${pinyinOf(hint.sound)} `;
      throw new InksealError("cannot-do", `pinyin is for the Mandarin voice; this sentence is said by ${voice}`, {
        param: "input",
      });
    }
    if (voice.startsWith("en")) return `[[${mnemonicsOf(hint.sound)}]]`;
    throw new InksealError(
      "cannot-do",
      `IPA is for the English voices here; this sentence is said by ${voice}: give pinyin, or words to say instead`,
      {
        param: "input",
      },
    );
  };
