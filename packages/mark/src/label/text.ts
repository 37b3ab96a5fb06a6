import type { Locale, Localised } from "@inkseal/core";

/** GB 45438-2025, 5.1: names the AI element and the generation element, in both languages. */
export const textLabels: Localised = { "zh-CN": "（本内容由人工智能生成）", en: "(AI-generated content)" };

/**
 * The text with its label as a paragraph of its own before or after it. A text that already has one there stays as it is.
 * @example labelText("春眠不觉晓", "tail", "zh-CN")
 */
export function labelText(text: string, where: "head" | "tail", locale: Locale): string {
  if (readTextLabel(text)?.where === where) return text;
  const label = textLabels[locale];
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  if (where === "head") return label + newline + newline + text;
  return text + (text.endsWith("\n") ? newline : newline + newline) + label + newline;
}

/** The label at the start or the end of a text. */
export function readTextLabel(text: string): { readonly where: "head" | "tail"; readonly text: string } | undefined {
  const trimmed = text.trim();
  for (const label of Object.values(textLabels)) {
    if (trimmed.startsWith(label)) return { where: "head", text: label };
    if (trimmed.endsWith(label)) return { where: "tail", text: label };
  }
  return undefined;
}
