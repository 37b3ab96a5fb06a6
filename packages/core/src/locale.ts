import { z } from "zod";

export const Locale = z.enum(["zh-CN", "en"]);
export type Locale = z.infer<typeof Locale>;

/** A string in every locale, side by side: a missing one is a type error. */
export type Localised = Readonly<Record<Locale, string>>;

/** The locale that best serves a BCP 47 list such as `navigator.languages` or Accept-Language. */
export function pickLocale(preferred: readonly string[]): Locale {
  for (const tag of preferred) {
    const lower = tag.trim().toLowerCase();
    if (lower.startsWith("zh")) return "zh-CN";
    if (lower.startsWith("en")) return "en";
  }
  return "en";
}

/** Han characters make a text Chinese for our purposes when they are a fifth of its letters. */
export function localeOfText(text: string): Locale {
  const han = text.match(/\p{Script=Han}/gu)?.length ?? 0;
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  return han > 0 && han * 5 >= letters ? "zh-CN" : "en";
}
