import { InksealError } from "@inkseal/core";
import type { Vocabulary } from "./vocabulary-trie.ts";

/** A token that may be let out. `bytes`: only so many bytes of its text come before the stop string. */
export interface Released<T> {
  readonly item: T;
  readonly bytes?: number;
}

/** Holds tokens back while their text may be the beginning of a stop string, so that nothing of one is ever let out. */
export class StopText<T> {
  readonly #stops: readonly string[];
  readonly #vocabulary: Vocabulary;
  #held: { readonly item: T; readonly length: number }[] = [];
  /** The text of what is held, a character for each byte. */
  #text = "";

  /** Throws `bad-request` when there are stop strings but no texts of tokens. */
  constructor(stops: readonly string[], vocabulary: Vocabulary | undefined) {
    this.#stops = stops.filter((stop) => stop !== "").map((stop) => characters(new TextEncoder().encode(stop)));
    if (this.#stops.length > 0 && vocabulary === undefined)
      throw new InksealError("bad-request", "stop strings need the texts of the tokens: vocabulary", { param: "stop" });
    this.#vocabulary = vocabulary ?? [];
  }

  /** What may be let out after `token`; `stopped` when a stop string is whole: the token in which it begins is then the last. */
  push(token: number, item: T): { readonly released: Released<T>[]; readonly stopped: boolean } {
    if (this.#stops.length === 0) return { released: [{ item }], stopped: false };
    const word = this.#vocabulary[token] ?? "";
    const text = typeof word === "string" ? characters(new TextEncoder().encode(word)) : characters(word);
    this.#held.push({ item, length: text.length });
    this.#text += text;
    const found = this.#stops.map((stop) => this.#text.indexOf(stop)).filter((at) => at >= 0);
    if (found.length === 0) return { released: this.#release(this.#suspect()), stopped: false };
    const at = Math.min(...found);
    const released = this.#release(at);
    const first = this.#held[0]!;
    const before = at - released.reduce((sum, { length }) => sum + length, 0);
    return { released: [...released, { item: first.item, bytes: before }], stopped: true };
  }

  /** All that is held, when the text ends for another reason. */
  flush(): Released<T>[] {
    return this.#release(Number.POSITIVE_INFINITY);
  }

  /** Tokens that are over before the byte `end` of the held text. */
  #release(end: number): (Released<T> & { readonly length: number })[] {
    const out: { item: T; length: number }[] = [];
    let at = 0;
    while (this.#held.length > 0 && at + this.#held[0]!.length <= end) {
      const one = this.#held.shift()!;
      out.push(one);
      at += one.length;
    }
    this.#text = this.#text.slice(at);
    return out;
  }

  /** Where the longest end of the text begins that a stop string begins with. */
  #suspect(): number {
    const longest = Math.max(...this.#stops.map((stop) => stop.length)) - 1;
    for (let at = Math.max(0, this.#text.length - longest); at < this.#text.length; at++)
      if (this.#stops.some((stop) => stop.startsWith(this.#text.slice(at)))) return at;
    return this.#text.length;
  }
}

const characters = (bytes: Iterable<number>): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
