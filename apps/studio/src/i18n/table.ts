import type { Localised } from "@inkseal/core";

/** A table of words: leaves are strings in every locale, or functions that make one. A missing locale is a type error. */
export interface Words {
  readonly [name: string]: Localised | ((...args: never[]) => Localised) | Words;
}
