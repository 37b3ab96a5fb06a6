import type { Locale, Localised } from "@inkseal/core";

/** A table of words: leaves are strings in both locales, or functions that make one. A missing locale is a type error. */
export interface Words {
  readonly [name: string]: Localised | ((...args: never[]) => Localised) | Words;
}

/** Picks one locale's string of a pair. */
export type Say = (words: Localised) => string;

/**
 * The locale of a terminal: `--lang`, else the first of LC_ALL, LC_MESSAGES and LANG that is set (POSIX order).
 * Anything that is not Chinese is served in English. Core's `pickLocale` would load core, which `--help` need not wait for.
 */
export function terminalLocale(env: NodeJS.ProcessEnv, lang?: string): Locale {
  const tag = lang || env.LC_ALL || env.LC_MESSAGES || env.LANG || "en";
  return tag.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
}

export const sayIn =
  (locale: Locale): Say =>
  (words) =>
    words[locale];
