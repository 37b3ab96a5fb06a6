import { InksealError } from "@inkseal/core";
import * as z from "zod";

/** An entry of tokenizer.json's `added_tokens`. */
export const AddedTokenSchema = z.object({
  id: z
    .int()
    .min(0)
    .lt(2 ** 24),
  content: z.string().min(1),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().default(false),
  special: z.boolean().default(false),
});
export type AddedToken = z.infer<typeof AddedTokenSchema>;

/** Finds added tokens in text: leftmost first, the longest of those that start together. Throws `bad-file` for whole-word tokens. */
export class AddedTokens {
  readonly #byContent: ReadonlyMap<string, AddedToken>;
  readonly #pattern: RegExp | undefined;

  constructor(tokens: readonly AddedToken[]) {
    if (tokens.some((t) => t.single_word))
      throw new InksealError("bad-file", "the tokenizer has added tokens of single_word, which the Lab does not know");
    this.#byContent = new Map(tokens.map((t) => [t.content, t]));
    const longestFirst = [...this.#byContent.keys()].sort((a, b) => b.length - a.length);
    if (longestFirst.length > 0) this.#pattern = new RegExp(longestFirst.map(quote).join("|"), "gu");
  }

  /** `text` as plain stretches and ids, in order; no empty stretches. White space is taken off where a token asks for it. */
  split(text: string): (string | number)[] {
    if (this.#pattern === undefined) return text === "" ? [] : [text];
    const parts: (string | number)[] = [];
    let from = 0;
    let strip = false;
    const plain = (stretch: string, stripEnd: boolean) => {
      let s = strip ? stretch.trimStart() : stretch;
      if (stripEnd) s = s.trimEnd();
      if (s !== "") parts.push(s);
    };
    for (const match of text.matchAll(this.#pattern)) {
      const token = this.#byContent.get(match[0])!;
      plain(text.slice(from, match.index), token.lstrip);
      parts.push(token.id);
      from = match.index + match[0].length;
      strip = token.rstrip;
    }
    plain(text.slice(from), false);
    return parts;
  }
}

/** A pattern that matches exactly `text`. */
export const quote = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
