import type { FuzzTarget } from "@inkseal/testkit";
import { parseCsv } from "../src/data/csv.ts";
import { readIdx } from "../src/data/idx.ts";
import { readTokenFile, writeTokenFile } from "../src/data/token-file.ts";
import { readSafetensors, writeSafetensors } from "../src/export/safetensors.ts";
import { parseGrammar } from "../src/infer/grammar.ts";
import { parseRegex } from "../src/infer/regex.ts";
import { decodeMessage, encodeMessage } from "../src/scale/federated-message.ts";
import { readTokenizerJson } from "../src/text/tokenizer-json.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const tokenizer = {
  model: { type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: [["a", "b"]] },
  version: "1.0",
  truncation: null,
  padding: null,
  normalizer: null,
  post_processor: null,
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false },
  decoder: { type: "ByteLevel" },
  added_tokens: [{ id: 3, content: "<s>", special: true }],
};

/** Files and expressions that strangers hand to the Lab. */
export const targets: readonly FuzzTarget[] = [
  {
    name: "csv",
    seeds: () => [utf8('a,b\r\n"x ""y""",2\n')],
    words: ['"', '""', "\r\n", ","],
    run: (input) => parseCsv(text(input)),
  },
  { name: "idx", seeds: () => [Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 5, 6)], run: (input) => readIdx(input) },
  { name: "token-file", seeds: () => [writeTokenFile([1, 2, 3], 300)], run: (input) => readTokenFile(input) },
  {
    name: "safetensors",
    seeds: () => [writeSafetensors(new Map([["w", { shape: [2], data: Float32Array.of(1, 2) }]]) as never)],
    words: ['"dtype":"F16"', '"BF16"', '"I8"', '"shape":[', '"data_offsets":[0,', '"__metadata__"'],
    run: (input) => readSafetensors(input),
  },
  {
    name: "grammar",
    seeds: () => [utf8('root ::= "a" [b-d]* (x | "e"){2,3}\nx ::= root?\n')],
    words: ["::=", "{2,}", "{,3}", "[^", "\\x", "\\u", "#"],
    run: (input) => parseGrammar(text(input)),
  },
  {
    name: "regex",
    seeds: () => [utf8("^(a|[b-d]{2,3})*?x\\d+$")],
    words: ["(?:", "(?=", "{1000000}", "\\p{L}", "[^", "\\u{", "*?"],
    run: (input) => parseRegex(text(input)),
  },
  {
    name: "tokenizer-json",
    seeds: () => [utf8(JSON.stringify(tokenizer))],
    words: [
      '"type":"Unigram"',
      '"type":"WordPiece"',
      '"type":"Sequence"',
      '"merges":[',
      '"byte_fallback":true',
      '"normalizer":',
      '"Regex":"',
      "null",
    ],
    run(input) {
      let json: unknown;
      try {
        json = JSON.parse(text(input));
      } catch {
        return;
      }
      readTokenizerJson(json);
    },
  },
  {
    name: "federated-message",
    seeds: () => [encodeMessage({ type: "survivors", session: new Uint8Array(16), members: [1] })],
    words: ['{"$":"f32","at":0,"length":1}', '"type":"', '"at":', '"length":'],
    run: (input) => decodeMessage(input),
  },
];
