import { InksealError } from "@inkseal/core";
import { byteToCharacter } from "../text/byte-alphabet.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { GgufValue } from "./gguf-file.ts";

/** A vocabulary as llama.cpp needs it. Ids there are ours. */
export interface GgufTokens {
  /** What each id adds to a text; for a special token, its spelling. */
  readonly pieces: readonly (string | Uint8Array)[];
  /** Ids of tokens that are marks, not text. */
  readonly special?: readonly number[];
  /** Byte-pair merges by rank, spelled in GPT-2's byte alphabet; without them each piece is one character or one byte. */
  readonly merges?: readonly (readonly [left: string, right: string])[];
  /** How text is cut before merging: GPT-2's expression (default) or Llama 3's. */
  readonly split?: "gpt2" | "llama3";
  /** The token that ends a text. */
  readonly end?: number;
  /** The token put before every text; none by default. */
  readonly begin?: number;
}

/** llama.cpp's names of the expressions. `trillion` is GPT-2's without the removal of spaces before punctuation from what is written. */
const splits = { gpt2: "trillion", llama3: "llama-bpe" } as const;
/** Bytes that UTF-8 never has. */
const neverWritten = [0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8, 0xf7, 0xf6, 0xf5, 0xc1, 0xc0];
const tokenTypes = { normal: 1, control: 3, unused: 5 } as const;

interface Json {
  readonly model: { readonly type: string; readonly merges?: readonly (string | readonly [string, string])[] };
  readonly pre_tokenizer: JsonPart | null;
}
interface JsonPart {
  readonly type: string;
  readonly use_regex?: boolean;
  readonly add_prefix_space?: boolean;
  readonly pattern?: { readonly Regex?: string };
  readonly pretokenizers?: readonly JsonPart[];
}

/**
 * The vocabulary of one of our tokenizers: characters, or byte-level BPE. The end of a text is the token called `end`, by default a
 * special token named like one of the usual ones. Throws `cannot-do` for others, whose ids llama.cpp could not reproduce.
 */
export function ggufTokens(tokenizer: Tokenizer, end?: string): GgufTokens {
  const json = tokenizer.json() as Json;
  const { type } = json.model;
  if (type !== "BPE" && type !== "WordLevel") throw unlike();
  const spelled = new Map([...tokenizer.special].map(([text, id]) => [id, text]));
  const usual = end === undefined ? ["<|endoftext|>", "<|end_of_text|>", "<|end|>", "</s>", "<|im_end|>"] : [end];
  const ending = usual.find((text) => tokenizer.special.has(text));
  if (end !== undefined && ending === undefined) throw new InksealError("bad-request", "the tokenizer has no such end token");
  return {
    pieces: Array.from({ length: tokenizer.vocab }, (_, id) => spelled.get(id) ?? tokenizer.token(id)),
    special: [...spelled.keys()],
    ...(type === "BPE" && {
      merges: json.model.merges!.map((pair) => (typeof pair === "string" ? (pair.split(" ") as [string, string]) : pair)),
      split: splitOf(json.pre_tokenizer),
    }),
    ...(ending !== undefined && { end: tokenizer.special.get(ending)! }),
    ...(tokenizer.frame.before.length === 1 && { begin: tokenizer.frame.before[0]! }),
  };
}

function splitOf(part: JsonPart | null): "gpt2" | "llama3" {
  const parts = part?.type === "Sequence" ? (part.pretokenizers ?? []) : part === null ? [] : [part];
  const regex = parts.find((p) => p.type === "Split")?.pattern?.Regex;
  const bytes = parts.find((p) => p.type === "ByteLevel");
  if (bytes === undefined || bytes.add_prefix_space === true) throw unlike();
  if (regex === undefined && bytes.use_regex !== false) return "gpt2";
  if (regex?.includes("(?i:'s|'t|'re|'ve|'m|'ll|'d)") && regex.includes("\\p{N}{1,3}")) return "llama3";
  throw unlike();
}
const unlike = () =>
  new InksealError(
    "cannot-do",
    "only character and byte-level tokenizers with GPT-2's or Llama 3's splitting can go into GGUF",
  );

/**
 * The metadata of a byte-level BPE vocabulary of `vocab` ids (unnamed ones are marked unused), and whether one more id was
 * needed. A character vocabulary is byte-level BPE as well: merges build each character from its bytes, and characters without a token
 * are dropped, where llama.cpp's other kinds of vocabulary would end the process.
 * llama.cpp takes token 11 for the end when none is named, so without `end` it is the token of a byte that no text has or, failing
 * that, an id after all of ours. Throws `bad-request` for more pieces than ids, or two pieces with one spelling.
 */
export function vocabularyMetadata(
  tokens: GgufTokens,
  vocab: number,
): { readonly metadata: Readonly<Record<string, GgufValue>>; readonly extra: boolean } {
  const { pieces, special = [], merges, split = "gpt2", begin } = tokens;
  if (pieces.length > vocab)
    throw new InksealError("bad-request", `the model has ${vocab} ids and the vocabulary ${pieces.length}`);
  const marks = new Set(special);
  const bytes = pieces.map((piece) => (typeof piece === "string" ? new TextEncoder().encode(piece) : piece));
  const spell = (piece: Uint8Array) => Array.from(piece, (byte) => byteToCharacter[byte]!);
  const texts = bytes.map((piece, id) => (marks.has(id) ? new TextDecoder().decode(piece) : spell(piece).join("")));
  const types: number[] = texts.map((text, id) =>
    marks.has(id) ? tokenTypes.control : text === "" ? tokenTypes.unused : tokenTypes.normal,
  );
  for (let id = 0; id < vocab; id++)
    if (id >= texts.length || texts[id] === "") {
      texts[id] = `<|unused ${id}|>`;
      types[id] = tokenTypes.unused;
    }
  let end = tokens.end ?? neverWritten.map((byte) => texts.indexOf(byteToCharacter[byte]!)).find((id) => id >= 0);
  const extra = end === undefined;
  if (end === undefined) {
    end = texts.push("<|end of text|>") - 1;
    types.push(tokenTypes.control);
  }
  if (new Set(texts).size < texts.length) throw new InksealError("bad-request", "two tokens have the same spelling"); // llama.cpp aborts
  for (const id of [end, begin ?? 0])
    if (!(id >= 0 && id < texts.length)) throw new InksealError("bad-request", `there is no token ${id}`);
  const joins =
    merges ??
    [...new Set(bytes.filter((piece, id) => !marks.has(id) && isCharacter(piece)).flatMap((piece) => chain(spell(piece))))].map(
      cut,
    );
  return {
    metadata: {
      "tokenizer.ggml.model": { text: "gpt2" },
      "tokenizer.ggml.pre": { text: splits[split] },
      "tokenizer.ggml.tokens": { texts },
      "tokenizer.ggml.token_type": { i32s: types },
      "tokenizer.ggml.merges": { texts: joins.map((pair) => pair.join(" ")) },
      "tokenizer.ggml.eos_token_id": { u32: end },
      "tokenizer.ggml.bos_token_id": { u32: begin ?? end },
      "tokenizer.ggml.add_bos_token": { bool: begin !== undefined },
      "tokenizer.ggml.add_eos_token": { bool: false },
    },
    extra,
  };
}

/** One character, not a word for unknown ones. */
const isCharacter = (piece: Uint8Array): boolean => [...new TextDecoder().decode(piece)].length === 1;
/** The merges that build a piece from left to right. */
const chain = (letters: readonly string[]): string[] =>
  letters.slice(1).map((letter, i) => `${letters.slice(0, i + 1).join("")} ${letter}`);
const cut = (merge: string): [string, string] => merge.split(" ") as [string, string];
