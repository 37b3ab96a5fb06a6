import type { Hint, Script } from "./markup.ts";

/** Words and how to say them: `{"重庆": "chong2 qing4", "GIF": "/dʒɪf/", "SQL": "sequel"}`. */
export type Lexicon = Readonly<Record<string, string>>;

/** The script with a hint at each of the lexicon's words that has none yet; longer words first, Latin ones only whole. */
export function withLexicon(script: Script, lexicon: Lexicon | undefined): Script {
  const words = Object.keys(lexicon ?? {})
    .filter((w) => w !== "")
    .sort((a, b) => b.length - a.length);
  if (lexicon === undefined || words.length === 0) return script;
  const whole = (word: string): string =>
    `${/^[\p{Script=Latin}\d]/u.test(word) ? "(?<![\\p{L}\\d])" : ""}${word.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")}${/[\p{Script=Latin}\d]$/u.test(word) ? "(?![\\p{L}\\d])" : ""}`;
  const any = new RegExp(words.map(whole).join("|"), "gu");
  const found: Hint[] = [];
  for (const match of script.text.matchAll(any)) {
    const [start, end] = [match.index, match.index + match[0].length];
    if (script.hints.some((h) => h.start < end && start < h.end)) continue;
    found.push({ start, end, ...readingOf(match[0], lexicon[match[0]] as string) });
  }
  return { ...script, hints: [...script.hints, ...found].sort((a, b) => a.start - b.start) };
}

/** `/…/` is IPA, `[[…]]` eSpeak's phonemes, Latin syllables for Han characters pinyin, anything else words to say instead. */
function readingOf(word: string, reading: string): Pick<Hint, "alphabet" | "sound"> {
  const sound = reading.trim();
  if (/^\/.+\/$/.test(sound)) return { alphabet: "ipa", sound: sound.slice(1, -1) };
  if (/^\[\[.+\]\]$/.test(sound)) return { alphabet: "espeak", sound: sound.slice(2, -2) };
  if (/\p{Script=Han}/u.test(word) && /^[\p{Script=Latin}\p{M}\d\s':]+$/u.test(sound)) return { alphabet: "pinyin", sound };
  return { alphabet: "words", sound };
}
