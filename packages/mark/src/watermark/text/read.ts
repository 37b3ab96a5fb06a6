import { fromUtf8 } from "@inkseal/codec";
import type { LayerVerdict } from "@inkseal/core";
import { splitFrontMatter } from "../../aigc/front-matter.ts";
import { withoutTextManifest } from "../../c2pa/containers/text.ts";
import type { EngineTokens } from "../../contract.ts";
import { withoutTextLabels } from "../../label/text.ts";
import { longest, textDetector } from "./detect.ts";
import { textMethod } from "./word-mark.ts";

/** Chance, over all tokenizers tried, below which the mark counts as there. */
const falseAlarm = 1e-6;
/** Tokenizers that are tried; each costs a tenth of a second and a little of the power. */
const mostTokenizers = 24;
/** Characters of a text that are looked at: more than `longest` tokens of any tokenizer. */
const mostCharacters = 8 * longest;

/** What was measured by `npm run bench -- mark --only=text` on models of byte pairs, so that a reader can weigh the verdict. */
const measured = {
  of200tokens: "330 of 330 texts in English and Chinese, 330 of 330 with 30 % of the tokens replaced",
  ofVerse: "of 60 each: 20 characters 24, 28 characters 59, 40 characters 59, 56 characters 60",
};

/** The words of a text file, without what was put on them afterwards; undefined where there are none. */
export function markedWords(bytes: Uint8Array, mediaType: string): string | undefined {
  if (mediaType !== "text/plain" && mediaType !== "text/markdown") return undefined;
  const text = fromUtf8(withoutTextManifest(bytes));
  if (text === undefined) return undefined;
  const words = withoutTextLabels(splitFrontMatter(text).body).trim().slice(0, mostCharacters);
  return words === "" ? undefined : words;
}

/** What a key says of a text, cut into tokens by several tokenizers: the best of them counts, times how many were tried. */
export function wordsVerdict(tokenised: readonly EngineTokens[], key: Uint8Array): LayerVerdict {
  const tried = tokenised.slice(0, mostTokenizers);
  let best: { readonly chance: number; readonly data: Record<string, unknown> } | undefined;
  const detect = textDetector(key);
  for (const { engine, models, ids, ways } of tried) {
    const found = detect(ids, ways);
    if (found === undefined || found.chance >= (best?.chance ?? 2)) continue;
    const { chance, from, to, gaps } = found;
    best = { chance, data: { engine, models, tokens: Math.min(ids.length, longest), from, to, gaps } };
  }
  const chance = Math.min(1, (best?.chance ?? 1) * tried.length);
  const common = { chance, falseAlarm, tokenizers: tried.length, measured };
  const layer = { layer: "watermark", method: textMethod } as const;
  return best !== undefined && chance < falseAlarm
    ? {
        ...layer,
        status: "valid",
        detail: `this house's watermark is in the words; as clear a one comes by chance in less than ${above(chance)} of texts`,
        data: { ...common, ...best.data },
      }
    : {
        ...layer,
        status: "absent",
        detail:
          "not found: it was never there (greedy or bound words cannot carry one), the text is short, or it was paraphrased",
        data: common,
      };
}

/** One digit, rounded up. */
function above(chance: number): string {
  const exponent = Math.ceil(Math.log10(Math.max(chance, Number.MIN_VALUE)));
  return `1e${exponent}`;
}
