import { corpora } from "../corpora.ts";

/** One thing that the art shows, with what people call it. */
export interface Concept {
  readonly hexcode: string;
  /** The label first, then its tags. */
  readonly names: { readonly en: readonly string[]; readonly zh: readonly string[]; readonly hant: readonly string[] };
  /** Held out of training, in all styles. */
  readonly held: boolean;
  /** Reads the same when mirrored. */
  readonly mirror: boolean;
}
/** The art, by the style's name in the control. */
export const art = {
  noto: { package: "@iconify-json/noto", version: "1.2.9", licence: "Apache-2.0" },
  twemoji: { package: "@iconify-json/twemoji", version: "1.2.5", licence: "CC-BY-4.0" },
  fluent: { package: "@iconify-json/fluent-emoji-flat", version: "1.2.6", licence: "MIT" },
  fx: { package: "@iconify-json/fxemoji", version: "1.2.2", licence: "Apache-2.0" },
  blob: { package: "@iconify-json/noto-v1", version: "1.2.5", licence: "Apache-2.0" },
} as const;
export type Style = keyof typeof art;

interface Entry {
  readonly hexcode: string;
  readonly label: string;
  readonly tags?: readonly string[];
  readonly subgroup?: number;
  readonly gender?: number;
}
/**
 * Subgroups of Unicode that are letters, signs or flags rather than things, skin and hair components, and families (25 near-equal groups).
 * Numbers as in emojibase-data/meta/groups.json.
 */
const notThings = new Set([30, 31, 32, 33, 83, 85, 87, 88, 89, 90, 91, 92, 93, 94, 95, 97, 98, 99]);

export function readConcepts(require: NodeJS.Require = corpora()): Concept[] {
  const read = (language: string): Entry[] => require(`emojibase-data/${language}/data.json`) as Entry[];
  const english = read("en");
  const [zh, hant] = ["zh", "zh-hant"].map((language) => new Map(read(language).map((e) => [e.hexcode, e])));
  const known = new Set(english.map((e) => e.hexcode));
  return english
    .filter((e) => wanted(e, known))
    .map((e) => {
      const names = (entry: Entry | undefined): string[] =>
        entry === undefined ? [] : [entry.label, ...(entry.tags ?? [])].map((name) => name.toLowerCase());
      return {
        hexcode: e.hexcode,
        names: { en: names(e), zh: names(zh!.get(e.hexcode)), hant: names(hant!.get(e.hexcode)).slice(0, 1) },
        held: hash(e.hexcode) % 20 === 0,
        mirror: e.subgroup !== 58 && e.subgroup !== 52,
      };
    });
}
function wanted(e: Entry, known: ReadonlySet<string>): boolean {
  if (e.subgroup === undefined || notThings.has(e.subgroup)) return false;
  if (/o’clock|-thirty|facing right|facing away/.test(e.label)) return false;
  // "man cook" and "woman cook" where there is a cook: the same picture three times
  if (/^(man|woman)\b./.test(e.label) && (e.gender !== undefined || known.has(e.hexcode.replace(/^1F46[89]/, "1F9D1")))) {
    return !known.has(neutral(e.hexcode));
  }
  return true;
}
const neutral = (hexcode: string): string =>
  /^1F46[89]/.test(hexcode) ? hexcode.replace(/^1F46[89]/, "1F9D1") : hexcode.replace(/(-FE0F)?-200D-264[02](-FE0F)?$/, "");

/** FNV-1a. */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (const c of text) h = Math.imul(h ^ c.codePointAt(0)!, 0x01000193) >>> 0;
  return h;
}
