import { InksealError } from "@inkseal/core";
import type { AddedToken } from "./added-tokens.ts";
import { AddedTokens } from "./added-tokens.ts";
import { trainMerges } from "./bpe-train.ts";
import { bytesOf } from "./byte-alphabet.ts";
import { MergeTable } from "./merges.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { byteToken, type Decode, type Normalize, type PreTokenize, readDecoder, readPreTokenizer } from "./tokenizer-parts.ts";

/** What a byte-pair tokenizer is made of, as read from tokenizer.json. */
export interface BpeParts {
  /** Spelling → id. */
  readonly vocab: ReadonlyMap<string, number>;
  /** In rank order. */
  readonly merges: readonly (readonly [left: string, right: string])[];
  readonly added: readonly AddedToken[];
  /** How spellings stand for bytes: GPT-2's alphabet, or Llama's `▁` for a space and `<0x..>`. */
  readonly spelling: "byte-level" | "sentencepiece";
  /** Characters without a token are spelled as `<0x..>`. */
  readonly byteFallback: boolean;
  readonly unknown?: string;
  /** A run of unknown characters is one unknown token. */
  readonly fuseUnknown: boolean;
  /** A piece that is a token as a whole is that token, whatever the merges say (Llama 3). */
  readonly ignoreMerges: boolean;
  readonly normalize: Normalize;
  readonly preTokenize: PreTokenize;
  readonly decode: Decode;
  readonly frame: Tokenizer["frame"];
  readonly json: object;
}

const cacheSize = 1 << 16;
const cachedLength = 64;

/** Byte-pair encoding: GPT-2's (byte-level) and Llama's (sentencepiece with byte fallback). Read one with `readTokenizerJson`. */
export class BpeTokenizer implements Tokenizer {
  readonly vocab: number;
  readonly special: ReadonlyMap<string, number>;
  readonly frame: Tokenizer["frame"];
  readonly #parts: BpeParts;
  readonly #spellings: string[] = [];
  readonly #addedIds: ReadonlySet<number>;
  readonly #merges: MergeTable;
  /** Added tokens that are sought before normalisation, all and those that are not special; then those sought after it. */
  readonly #before: { readonly all: AddedTokens; readonly plain: AddedTokens };
  readonly #after: { readonly all: AddedTokens; readonly plain: AddedTokens };
  readonly #cache = new Map<string, number[]>();

  /** Throws `bad-file` when merges name tokens that are not in the vocabulary. */
  constructor(parts: BpeParts) {
    this.#parts = parts;
    this.frame = parts.frame;
    for (const [spelling, id] of parts.vocab) this.#spellings[id] = spelling;
    for (const { content, id } of parts.added) this.#spellings[id] = content;
    this.vocab = this.#spellings.length;
    this.special = new Map(parts.added.filter((t) => t.special).map((t) => [t.content, t.id]));
    this.#addedIds = new Set(parts.added.map((t) => t.id));
    const idOf = (spelling: string) => {
      const id = parts.vocab.get(spelling);
      if (id === undefined)
        throw new InksealError("bad-file", "a merge of the tokenizer names a token that is not in its vocabulary");
      return id;
    };
    this.#merges = new MergeTable(parts.merges.map(([l, r]) => [idOf(l), idOf(r), idOf(l + r)] as const));
    const finders = (tokens: readonly AddedToken[]) => ({
      all: new AddedTokens(tokens),
      plain: new AddedTokens(tokens.filter((t) => !t.special)),
    });
    this.#before = finders(parts.added.filter((t) => !t.normalized));
    this.#after = finders(parts.added.filter((t) => t.normalized).map((t) => ({ ...t, content: parts.normalize(t.content) })));
  }

  /**
   * Learns GPT-2's kind of tokenizer from texts (documents, lines or chunks: merges never cross them).
   * `vocab`: ids in all, at least 256 and `special`; `special` get the last ids, as GPT-2's `<|endoftext|>`.
   * Fewer ids come out when the texts have no more pairs. Throws `bad-request` when `vocab` is too small.
   */
  static train(
    texts: Iterable<string>,
    options: { readonly vocab: number; readonly special?: readonly string[] },
  ): BpeTokenizer {
    const { vocab, special = [] } = options;
    if (!Number.isInteger(vocab) || vocab < 256 + special.length || vocab > 2 ** 24)
      throw new InksealError(
        "bad-request",
        `a byte-level vocabulary must have ${256 + special.length} to 2^24 ids, not ${vocab}`,
      );
    if (new Set(special).size !== special.length || special.includes(""))
      throw new InksealError("bad-request", "special tokens must be distinct and not empty");
    const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
    const preTokenize = readPreTokenizer(byteLevel);
    const pieces = new Map<string, number>();
    for (const text of texts) for (const piece of preTokenize(text, true)) pieces.set(piece, (pieces.get(piece) ?? 0) + 1);
    const { spellings, merges } = trainMerges(pieces, vocab - special.length);
    const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
    const added = special.map((content, i) => ({ id: spellings.length + i, content, ...flags }));
    const ids = new Map(spellings.map((s, id) => [s, id]));
    const json = {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: null,
      pre_tokenizer: byteLevel,
      post_processor: null,
      decoder: byteLevel,
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries([...ids, ...added.map((t) => [t.content, t.id] as const)]),
        merges,
      },
    };
    return new BpeTokenizer({
      vocab: ids,
      merges,
      added,
      spelling: "byte-level",
      byteFallback: false,
      fuseUnknown: false,
      ignoreMerges: false,
      normalize: (text) => text,
      preTokenize,
      decode: readDecoder(byteLevel),
      frame: { before: [], after: [] },
      json,
    });
  }

  encode(text: string, { plain = false }: { readonly plain?: boolean } = {}): number[] {
    const which = plain ? "plain" : "all";
    const ids: number[] = [];
    for (const [i, stretch] of this.#before[which].split(text).entries()) {
      if (typeof stretch === "number") ids.push(stretch);
      else this.#encodeStretch(this.#after[which].split(this.#parts.normalize(stretch)), i === 0, ids);
    }
    return ids;
  }

  decode(ids: Iterable<number>): string {
    return this.#parts.decode(Array.from(ids, (id) => this.#spelling(id))).join("");
  }

  token(id: number): Uint8Array {
    const spelling = this.#spelling(id);
    if (this.special.get(spelling) === id) return new Uint8Array();
    if (this.#parts.spelling === "byte-level") return bytesOf(spelling);
    const byte = this.#addedIds.has(id) ? undefined : byteToken(spelling);
    return byte === undefined ? new TextEncoder().encode(spelling.replaceAll("▁", " ")) : Uint8Array.of(byte);
  }

  json(): object {
    return this.#parts.json;
  }

  #encodeStretch(parts: readonly (string | number)[], first: boolean, ids: number[]): void {
    for (const [i, part] of parts.entries()) {
      if (typeof part === "number") ids.push(part);
      else
        for (const piece of this.#parts.preTokenize(part, first && i === 0))
          for (const id of this.#encodePiece(piece)) ids.push(id);
    }
  }

  #encodePiece(piece: string): number[] {
    const known = this.#cache.get(piece);
    if (known !== undefined) return known;
    const whole = this.#parts.ignoreMerges ? this.#parts.vocab.get(piece) : undefined;
    const ids = whole !== undefined ? [whole] : this.#merges.apply(this.#symbols(piece));
    if (piece.length <= cachedLength) {
      if (this.#cache.size >= cacheSize) this.#cache.clear();
      this.#cache.set(piece, ids);
    }
    return ids;
  }

  /** A piece as the ids of its characters. */
  #symbols(piece: string): number[] {
    const { vocab, byteFallback, fuseUnknown } = this.#parts;
    const unknown = this.#parts.unknown === undefined ? undefined : vocab.get(this.#parts.unknown);
    const symbols: number[] = [];
    let afterUnknown = false;
    for (const character of piece) {
      const id = vocab.get(character);
      const bytes = id === undefined && byteFallback ? fallback(character, vocab) : undefined;
      if (id !== undefined) symbols.push(id);
      else if (bytes !== undefined) symbols.push(...bytes);
      else if (unknown === undefined) {
        const point = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
        throw new InksealError("bad-request", `the tokenizer has no token for U+${point} and none for unknown characters`);
      } else if (!(fuseUnknown && afterUnknown)) symbols.push(unknown);
      afterUnknown = id === undefined && bytes === undefined;
    }
    return symbols;
  }

  #spelling(id: number): string {
    const spelling = this.#spellings[id];
    if (spelling !== undefined) return spelling;
    if (Number.isInteger(id) && id >= 0 && id < this.vocab) return ""; // a hole in the vocabulary
    throw new InksealError("bad-request", `there is no token ${id}: ids end at ${this.vocab - 1}`);
  }
}

/** The ids of a character's bytes, when the vocabulary has them all. */
function fallback(character: string, vocab: ReadonlyMap<string, number>): number[] | undefined {
  const ids: number[] = [];
  for (const byte of new TextEncoder().encode(character)) {
    const id = vocab.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids;
}
