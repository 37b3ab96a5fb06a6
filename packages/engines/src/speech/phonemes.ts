import { InksealError } from "@inkseal/core";

/** Marks over a vowel, decomposed, and their tones. */
const toneMarks: Readonly<Record<string, string>> = { "\u0304": "1", "\u0301": "2", "\u030c": "3", "\u0300": "4" };

/**
 * Pinyin as eSpeak's Mandarin voice reads it: syllables with their tone as a digit. Tone marks are taken too (`chóng qìng`).
 * Throws `bad-request` for what is no pinyin.
 */
export function pinyinOf(sound: string): string {
  const syllables = sound
    .toLowerCase()
    .normalize("NFD")
    .replaceAll("u:", "v")
    .replaceAll("u\u0308", "v")
    .split(/[\s']+/)
    .flatMap((word) => word.match(/[a-zê]+[\u0300-\u036f]?[a-z]*\d?/g) ?? [word]);
  const numbered = syllables.map((syllable) => {
    const mark = /[\u0304\u0301\u030c\u0300]/.exec(syllable)?.[0];
    const letters = syllable.replace(/[\u0300-\u036f\d]/g, "");
    const tone = /\d$/.exec(syllable)?.[0] ?? (mark === undefined ? "5" : toneMarks[mark]);
    if (!/^[a-z]{1,6}$/.test(letters) || !/^[0-5]$/.test(tone ?? ""))
      throw wrong("pinyin", sound, "write chong2 qing4 or chóng qìng");
    return `${letters}${tone === "0" ? "5" : tone}`;
  });
  return numbered.join(" ");
}

/**
 * The symbols of English and its neighbours, longest first, as eSpeak writes them (its phoneme mnemonics, after Kirshenbaum's ASCII-IPA).
 * @see https://github.com/espeak-ng/espeak-ng/blob/master/docs/phonemes.md
 */
const mnemonics: Readonly<Record<string, string>> = {
  tʃ: "tS",
  dʒ: "dZ",
  t͡ʃ: "tS",
  d͡ʒ: "dZ",
  aɪ: "aI",
  eɪ: "eI",
  ɔɪ: "OI",
  aʊ: "aU",
  oʊ: "oU",
  əʊ: "oU",
  iː: "i:",
  uː: "u:",
  ɑː: "A:",
  ɔː: "O:",
  ɜː: "3:",
  ɪə: "i@",
  eə: "e@",
  ʊə: "U@",
  ɑ: "A:",
  ɒ: "0",
  æ: "a",
  ə: "@",
  ɚ: "3",
  ɝ: "3:",
  ɛ: "E",
  ɪ: "I",
  ʊ: "U",
  ʌ: "V",
  ɔ: "O",
  ɐ: "a#",
  ʃ: "S",
  ʒ: "Z",
  θ: "T",
  ð: "D",
  ŋ: "N",
  ɹ: "r",
  ɾ: "t#",
  ɡ: "g",
  ˈ: "'",
  ˌ: ",",
  ː: ":",
  ".": "",
};
const single = "[abdefhijklmnoprstuvwzg ]";
const known = Object.keys(mnemonics).sort((a, b) => b.length - a.length);
const symbols = new RegExp([...known.map((s) => s.replace(".", "\\.")), single].join("|"), "uy");

/** IPA as eSpeak's mnemonics. Throws `bad-request` naming the symbol that the voice has not. */
export function mnemonicsOf(ipa: string): string {
  let out = "";
  const text = ipa.trim().normalize("NFC");
  for (symbols.lastIndex = 0; symbols.lastIndex < text.length; ) {
    const at = symbols.lastIndex;
    const found = symbols.exec(text)?.[0];
    if (found === undefined) throw wrong("IPA", ipa, `the voice has no ${JSON.stringify([...text.slice(at)][0])}`);
    out += mnemonics[found] ?? found;
  }
  return out;
}

const wrong = (kind: string, sound: string, what: string): InksealError =>
  new InksealError("bad-request", `${JSON.stringify(sound)} is no ${kind} that can be said: ${what}`, { param: "input" });
