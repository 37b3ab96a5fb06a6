import type { LayerVerdict, Mark } from "@inkseal/core";
import { splitFrontMatter } from "../aigc/front-matter.ts";
import { withoutTextLabels } from "../label/text.ts";
import { detectWording, embedWording, wordingMethod } from "../watermark/wording/wording.ts";

/** Chance below which the mark counts as there; and below which it is a hint and no more. */
const falseAlarm = 1e-6;
const hint = 1e-4;
/** Characters that are looked at: half a megabyte of prose. */
const most = 500_000;

/** What was measured by `npm run bench -- mark --only=wording`, so that a reader can weigh the verdict. */
const measured = {
  of300tokensAt1e_4: "English 109 of 600, Chinese 51 of 89 passages; with signs made plain English 0 of 600",
};

/** A text with the watermark of wording, by choices between two ways of saying the same; undefined where it offers none. */
export function hiddenInWords(text: string, key: Uint8Array): { readonly text: string; readonly mark: Mark } | undefined {
  const { front, body } = splitFrontMatter(text);
  const marked = embedWording(body, key);
  if (marked.places === 0) return undefined;
  return { text: front + marked.text, mark: { layer: "watermark", method: wordingMethod, data: { places: marked.places } } };
}

export function wordingVerdict(body: string, key: Uint8Array): LayerVerdict {
  const { chance, places, agreeing } = detectWording(withoutTextLabels(body).slice(0, most), key);
  const layer = { layer: "watermark", method: wordingMethod } as const;
  const data = { chance, places, agreeing, falseAlarm, measured };
  const detail = `${agreeing} of ${places} choices of wording are as this house's key has them`;
  if (chance < falseAlarm) return { ...layer, status: "valid", detail, data };
  if (chance < hint) return { ...layer, status: "untrusted", detail: `${detail}: a hint, too few to be sure`, data };
  return { ...layer, status: "absent", detail: `${detail}, as without a mark`, data };
}
