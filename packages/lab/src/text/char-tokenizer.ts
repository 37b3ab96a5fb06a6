import { InksealError } from "@inkseal/core";
import type { Tokenizer } from "./tokenizer.ts";

const loneSurrogate = /\p{Surrogate}/gu;

/** One token for each character (code point), as nanoGPT's Shakespeare: the alphabet is the training text's, sorted by code point. */
export class CharTokenizer implements Tokenizer {
  readonly special: ReadonlyMap<string, number> = new Map();
  readonly frame = { before: [], after: [] };
  readonly vocab: number;
  readonly #characters: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #unknown: number | undefined;

  /** `characters` by id, each a single code point but for `unknown`, which stands for all others. Throws `bad-request` otherwise. */
  constructor(characters: readonly string[], unknown?: string) {
    this.#characters = [...characters];
    this.#ids = new Map(characters.map((c, id) => [c, id]));
    this.vocab = characters.length;
    this.#unknown = unknown === undefined ? undefined : this.#ids.get(unknown);
    if (this.vocab === 0) throw new InksealError("bad-request", "an alphabet needs at least one character");
    if (this.#ids.size !== this.vocab || characters.some((c) => c !== unknown && [...c].length !== 1))
      throw new InksealError("bad-request", "an alphabet must have distinct single characters");
  }

  /** The alphabet of `text`; lone surrogates count as U+FFFD. Throws `bad-request` when there is no text. */
  static train(text: string | Iterable<string>): CharTokenizer {
    const seen = new Set<number>();
    for (const part of typeof text === "string" ? [text] : text)
      for (const character of part.replace(loneSurrogate, "\ufffd")) seen.add(character.codePointAt(0)!);
    return new CharTokenizer([...seen].sort((a, b) => a - b).map((point) => String.fromCodePoint(point)));
  }

  encode(text: string): number[] {
    const ids: number[] = [];
    for (const character of text.replace(loneSurrogate, "\ufffd")) {
      const id = this.#ids.get(character) ?? this.#unknown;
      if (id === undefined) {
        const point = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
        throw new InksealError("bad-request", `the character U+${point} is not in this tokenizer's alphabet of ${this.vocab}`);
      }
      ids.push(id);
    }
    return ids;
  }

  decode(ids: Iterable<number>): string {
    let text = "";
    for (const id of ids) text += this.#spelling(id);
    return text;
  }

  token(id: number): Uint8Array {
    return new TextEncoder().encode(this.#spelling(id));
  }

  /** Hugging Face's WordLevel model over single characters. */
  json(): object {
    const unknown = this.#unknown === undefined ? "<unk>" : this.#characters[this.#unknown];
    return {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: null,
      // Not `.`: Oniguruma's dot leaves newlines out.
      pre_tokenizer: { type: "Split", pattern: { Regex: "[\\s\\S]" }, behavior: "Isolated", invert: false },
      post_processor: null,
      decoder: { type: "Fuse" },
      model: { type: "WordLevel", vocab: Object.fromEntries(this.#ids), unk_token: unknown },
    };
  }

  #spelling(id: number): string {
    const character = this.#characters[id];
    if (character === undefined) throw new InksealError("bad-request", `there is no token ${id}: ids end at ${this.vocab - 1}`);
    return character;
  }
}
