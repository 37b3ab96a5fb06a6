import { InksealError } from "@inkseal/core";

/** How a stretch of the text is to be said. */
export interface Hint {
  /** Offsets in the script's text. */
  readonly start: number;
  readonly end: number;
  readonly alphabet: "pinyin" | "ipa" | "espeak" | "words";
  readonly sound: string;
}
/** A text as it is read and shown, with what was marked in it. */
export interface Script {
  readonly text: string;
  /** In order, apart from each other. */
  readonly hints: readonly Hint[];
  readonly pauses: readonly { readonly at: number; readonly seconds: number }[];
}

/** Pauses of SSML 1.1, 3.2.3, in seconds: the standard names them and leaves their lengths open. */
const strengths: Readonly<Record<string, number>> = {
  none: 0,
  "x-weak": 0.1,
  weak: 0.2,
  medium: 0.4,
  strong: 0.8,
  "x-strong": 1.2,
};
const longestPause = 60;
const tag = /\[\[([^[\]\n]{1,400})\]\]|<(\/?)(speak|p|s|break|phoneme|sub)\b((?:[^<>"']|"[^"]*"|'[^']*')*?)(\/?)>/gi;

/**
 * Reads the little of SSML that an embedded voice can honour, also in text that is otherwise plain: `<break time="500ms"/>`,
 * `<phoneme alphabet="ipa|pinyin|x-espeak" ph="…">word</phoneme>`, `<sub alias="…">word</sub>`, `<speak>`, `<p>`, `<s>`; and `[[…]]`, eSpeak's own
 * phonemes. Everything else that looks like markup is text. Throws `bad-request` for a tag that is not closed or makes no sense.
 */
export function parseScript(source: string): Script {
  const whole = /^\s*(<\?xml[^>]*\?>\s*)?<speak\b/i.test(source);
  const body = whole ? source.replace(/^\s*<\?xml[^>]*\?>/, "") : source;
  const plain = whole ? unescapeXml : (text: string): string => text;
  let text = "";
  const hints: Hint[] = [];
  const pauses: { at: number; seconds: number }[] = [];
  let open: { name: string; start: number; alphabet: Hint["alphabet"]; sound: string } | undefined;
  let at = 0;
  for (const found of body.matchAll(tag)) {
    text += plain(body.slice(at, found.index));
    at = found.index + found[0].length;
    const [, phonemes, closing, named, attributes = "", empty] = found;
    if (phonemes !== undefined) {
      // nothing stands in the text for it, so the caption shows the phonemes
      hints.push({ start: text.length, end: text.length + phonemes.length, alphabet: "espeak", sound: phonemes });
      text += phonemes;
      continue;
    }
    const name = (named as string).toLowerCase();
    if (name === "break") {
      if (closing === "") pauses.push({ at: text.length, seconds: pauseOf(attributes) });
    } else if (name === "phoneme" || name === "sub") {
      if (closing !== "") {
        if (open?.name !== name) throw wrong(`</${name}> closes nothing`);
        if (text.length > open.start) hints.push({ ...open, end: text.length });
        open = undefined;
      } else if (empty === "") {
        if (open !== undefined) throw wrong(`<${name}> inside of <${open.name}>`);
        open = { name, start: text.length, ...soundOf(name, attributes, plain) };
      }
    } else if (closing !== "" && (name === "p" || name === "s")) text += name === "p" ? "\n\n" : "\n";
  }
  if (open !== undefined) throw wrong(`<${open.name}> is not closed`);
  text += plain(body.slice(at));
  return { text, hints: hints.map(({ start, end, alphabet, sound }) => ({ start, end, alphabet, sound })), pauses };
}

function soundOf(name: string, attributes: string, plain: (text: string) => string): Pick<Hint, "alphabet" | "sound"> {
  const sound = plain(attribute(attributes, name === "sub" ? "alias" : "ph") ?? "").trim();
  if (sound === "") throw wrong(name === "sub" ? '<sub> needs alias="…"' : '<phoneme> needs ph="…"');
  if (name === "sub") return { alphabet: "words", sound };
  const said = (attribute(attributes, "alphabet") ?? "ipa").toLowerCase().replace(/^x-/, "");
  if (said === "ipa" || said === "pinyin" || said === "espeak") return { alphabet: said, sound };
  throw wrong(`<phoneme alphabet="${said}">: ipa, pinyin and x-espeak are known`);
}

function pauseOf(attributes: string): number {
  const time = attribute(attributes, "time");
  if (time === undefined) return strengths[attribute(attributes, "strength") ?? "medium"] ?? 0.4;
  const [, amount, unit] = /^\+?(\d*\.?\d+)(ms|s)$/.exec(time.trim()) ?? [];
  const seconds = Number(amount) / (unit === "ms" ? 1000 : 1);
  if (!(seconds <= longestPause)) throw wrong(`<break time="${time}">: 0 to ${longestPause} s, as 500ms or 1.5s`);
  return seconds;
}

function attribute(attributes: string, name: string): string | undefined {
  const found = new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, "i").exec(attributes);
  return found?.[1] ?? found?.[2];
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const unescapeXml = (text: string): string =>
  text.replace(
    /&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([\da-f]{1,6}));/gi,
    (all, name?: string, decimal?: string, hex?: string) => {
      if (name !== undefined) return entities[name.toLowerCase()] ?? all;
      const point = decimal !== undefined ? Number(decimal) : Number.parseInt(hex as string, 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : all;
    },
  );

const wrong = (what: string): InksealError => new InksealError("bad-request", `the text's markup: ${what}`, { param: "input" });
