import type { Locale, Localised, Policy } from "@inkseal/core";

/** GB 45438-2025, 5.1: names the AI element and the generation element, in both languages. */
export const textLabels: Localised = { "zh-CN": "（本内容由人工智能生成）", en: "(AI-generated content)" };

/** The corner mark (角标) of 5.1: raised letters at the words themselves. It alone may say AI and no more. */
export const cornerLabel = "ᴬᴵ";

/** Where a label stands: before all words, after them, or between two paragraphs near the middle. */
export type Place = Exclude<Policy["marks"]["text"], "none">;
export type Form = Policy["marks"]["textForm"];

/**
 * The text with its label: as a paragraph of its own, or as a corner mark at the words. A text that already has one there stays as it is. A text
 * of one paragraph is parted between two sentences; one that has no middle gets its label at the end.
 * @example labelText("春眠不觉晓", "tail", "zh-CN")
 */
export function labelText(text: string, where: Place, locale: Locale, form: Form = "words"): string {
  const there = readTextLabel(text);
  if (there?.where === where && there.form === form) return text;
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const middle = where === "middle" ? middleOf(text) : undefined;
  if (form === "corner") {
    if (where === "head") return cornerLabel + text;
    const at = middle?.before ?? text.trimEnd().length;
    return text.slice(0, at) + cornerLabel + text.slice(at);
  }
  const label = textLabels[locale];
  if (where === "head") return label + newline + newline + text;
  if (middle !== undefined)
    return `${text.slice(0, middle.before)}${newline}${newline}${label}${newline}${newline}${text.slice(middle.after)}`;
  return text + (text.endsWith("\n") ? newline : newline + newline) + label + newline;
}

/** The gap between paragraphs, or else between sentences, that is nearest to the middle; undefined where a text has neither. */
function middleOf(text: string): { readonly before: number; readonly after: number } | undefined {
  for (const gap of [/\n[^\S\n]*\n/g, /[。！？!?.；;]["”’」』）)]*/g]) {
    let best: { before: number; after: number } | undefined;
    const far = (at: number): number => Math.abs(at - text.length / 2);
    for (const { 0: sign, index } of text.matchAll(gap)) {
      const at = sign.startsWith("\n") ? index : index + sign.length;
      if (best !== undefined && far(at) >= far(best.before)) continue;
      const before = text.slice(0, at).trimEnd().length;
      const after = text.length - text.slice(at).trimStart().length;
      // a point within a word or a number ends no sentence
      if (before === 0 || after === text.length || (sign === "." && after === at)) continue;
      best = { before, after };
    }
    if (best !== undefined) return best;
  }
  return undefined;
}

export interface FoundLabel {
  readonly where: Place;
  readonly form: Form;
  readonly text: string;
}

/** The label at the start or the end of a text, or on a line of its own; corner marks at a line's end. */
export function readTextLabel(text: string): FoundLabel | undefined {
  const trimmed = text.trim();
  const forms = [...Object.values(textLabels).map((label) => ["words", label] as const), ["corner", cornerLabel] as const];
  for (const [form, label] of forms) {
    if (trimmed.startsWith(label)) return { where: "head", form, text: label };
    if (trimmed.endsWith(label)) return { where: "tail", form, text: label };
  }
  for (const line of trimmed.split(/\r?\n/).map((l) => l.trim()))
    for (const [form, label] of forms)
      if (form === "words" ? line === label : line.endsWith(label) || raisedInside.test(line))
        return { where: "middle", form, text: label };
  return undefined;
}

/** Behind a sentence within a paragraph. */
const raisedInside = /[。！？!?.；;]["”’」』）)]*ᴬᴵ/;

/** A text without any label of ours. */
export function withoutTextLabels(text: string): string {
  let bare = text;
  for (const label of [...Object.values(textLabels), cornerLabel]) bare = bare.replaceAll(label, "");
  return bare;
}
