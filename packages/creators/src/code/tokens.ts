import { InksealError } from "@inkseal/core";
import type { Tokenizer } from "@inkseal/lab";

/** What marks the parts of a sequence: `<|suffix|>` what follows the gap `<|text|>` what comes before it, and what fills it `<|end|>`. */
export const marks = ["<|end|>", "<|suffix|>", "<|text|>"] as const;

/** The end of a text that another letter could make another token of: GPT-2's last piece. */
const lastPiece = /(?: ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+)$/u;
const remembered = 20_000;

/** Source text as tokens and back. */
export class CodeTokens {
  readonly vocab: number;
  readonly end: number;
  readonly suffix: number;
  readonly text: number;
  readonly #tokenizer: Tokenizer;
  /** Each token's bytes, a character a byte. */
  readonly spelling: readonly string[];
  readonly #lines = new Map<string, readonly number[]>();

  /** Throws `bad-file` for a tokenizer without the marks. */
  constructor(tokenizer: Tokenizer) {
    const mark = (name: string): number => {
      const id = tokenizer.special.get(name);
      if (id === undefined) throw new InksealError("bad-file", `the code model's tokenizer lacks ${name}`);
      return id;
    };
    [this.end, this.suffix, this.text] = marks.map(mark) as [number, number, number];
    this.#tokenizer = tokenizer;
    this.vocab = tokenizer.vocab;
    this.spelling = Array.from({ length: tokenizer.vocab }, (_, id) => String.fromCharCode(...tokenizer.token(id)));
  }

  /**
   * A text's tokens. Lines are remembered: while somebody types, all but one are old. No token reaches over a line's end into what was
   * before it, so the lines' tokens are the text's.
   */
  encode(text: string): number[] {
    const ids: number[] = [];
    for (const line of text.split(/(?<=\S)(?=\n)/)) {
      let known = this.#lines.get(line);
      if (known === undefined) {
        known = this.#tokenizer.encode(line, { plain: true });
        if (this.#lines.size >= remembered) this.#lines.clear();
        this.#lines.set(line, known);
      }
      for (const id of known) ids.push(id);
    }
    return ids;
  }

  /**
   * A text as the tokens that stay whatever comes next, and its last piece as bytes (a character a byte): the first generated tokens must spell it,
   * so that a word that is cut in its middle goes on as it would have been written at once ("token healing").
   */
  open(text: string): { readonly ids: number[]; readonly rest: string } {
    const [piece = ""] = lastPiece.exec(text.slice(-200)) ?? [];
    return { ids: this.encode(text.slice(0, text.length - piece.length)), rest: bytesOf(piece) };
  }
}

/** The text's UTF-8, a character a byte. */
export function bytesOf(text: string): string {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}
