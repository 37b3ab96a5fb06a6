import { readFileSync } from "node:fs";
import { Tokenizer as HuggingFace } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BpeTokenizer } from "./bpe.ts";
import { CharTokenizer } from "./char-tokenizer.ts";
import { readTokenizerJson } from "./tokenizer-json.ts";

interface Case {
  text: string;
  ids: number[];
  back: string;
}
// biome-ignore lint/suspicious/noExplicitAny: parts of tokenizer.json files
type Json = any;
/** Written by Hugging Face's own (Rust) tokenizers, by write-tokenizers.py beside it; its `madeBy` has the version. */
const golden: Json = JSON.parse(readFileSync(new URL("../../vectors/tokenizers.json", import.meta.url), "utf8"));

function agrees(json: object, cases: readonly Case[]) {
  const tokenizer = readTokenizerJson(json);
  expect(cases.length).toBeGreaterThan(12);
  for (const { text, ids, back } of cases) {
    expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
    expect(tokenizer.decode(ids), JSON.stringify(text)).toBe(back);
  }
  return tokenizer;
}

const byteLevel = BpeTokenizer.train([golden.corpus], { vocab: 601, special: ["<|end|>"] });

describe("training, against Hugging Face's trainer", () => {
  it("learns the same merges in the same order, and gives the same ids", () => {
    const { model } = byteLevel.json() as Json;
    expect(model.merges).toEqual(golden.merges);
    expect(model.vocab).toEqual({ ...golden.vocab, "<|end|>": Object.keys(golden.vocab).length });
  });
  it("encodes and decodes the same", () => {
    for (const { text, ids, back } of golden.byteLevel.cases as Case[]) {
      expect(byteLevel.encode(text), JSON.stringify(text)).toEqual(ids);
      expect(byteLevel.decode(ids)).toBe(back);
    }
  });
});

describe("tokenizer.json, read as Hugging Face reads it", () => {
  it("of GPT-2's kind", () => {
    agrees({ ...(byteLevel.json() as Json), added_tokens: golden.byteLevel.added_tokens }, golden.byteLevel.cases);
  });
  it("of Llama 2's kind: ▁ by normalisation, byte fallback, <s> in front", () => {
    const tokenizer = agrees(golden.llama2.json, golden.llama2.cases);
    expect([...tokenizer.frame.before, ...tokenizer.encode("the sun")]).toEqual(golden.llama2.framed);
    expect(tokenizer.special.get("</s>")).toBe(2);
    const { vocab } = golden.llama2.json.model;
    expect(tokenizer.token(vocab["<0x0A>"])).toEqual(Uint8Array.of(10));
    expect(new TextDecoder().decode(tokenizer.token(vocab["▁river"]))).toBe(" river");
    expect(tokenizer.token(1)).toHaveLength(0);
  });
  it("of Llama 3's kind: GPT-4's pattern, whole tokens before merges", () => {
    const json = structuredClone(byteLevel.json()) as Json;
    json.pre_tokenizer = golden.llama3.pre_tokenizer;
    json.model.ignore_merges = true;
    agrees(json, golden.llama3.cases);
  });
  it.each(["metaspaceFirst", "metaspaceAlways"])("with %s, with and without fallback and fused unknowns", (kind) => {
    const json = structuredClone(golden.llama2.json);
    Object.assign(json, { normalizer: null, pre_tokenizer: golden[kind].pre_tokenizer, decoder: golden[kind].decoder });
    Object.assign(json.model, { fuse_unk: golden[kind].fuse, byte_fallback: golden[kind].fallback });
    agrees(json, golden[kind].cases);
  });
});

describe("tokenizer.json, written", () => {
  // JavaScript's own port differs from the original on U+0085, U+FEFF and lone surrogates: left to the cases above.
  const text = fc
    .array(fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.constantFrom("\n\n", "  ", "'ll", "river", "<|end|>")))
    .map((parts) => parts.join("").replace(/[\u0085\ufeff\p{Surrogate}]/gu, ""));
  const options = { clean_up_tokenization_spaces: false };

  it("BPE is read by @huggingface/tokenizers with the same ids and text", () => {
    const theirs = new HuggingFace(byteLevel.json(), {});
    fc.assert(
      fc.property(text, (t) => {
        const ids = byteLevel.encode(t);
        expect(theirs.encode(t, { add_special_tokens: false }).ids).toEqual(ids);
        if (ids.length > 0) expect(theirs.decode(ids, options)).toBe(t);
        expect(byteLevel.decode(ids)).toBe(t);
        expect(readTokenizerJson(JSON.parse(JSON.stringify(byteLevel.json()))).encode(t)).toEqual(ids);
      }),
      { numRuns: 40 },
    );
  });
  it("characters are read by @huggingface/tokenizers with the same ids and text", () => {
    const alphabet = "\n !.0123459abcxyzéß月海😀";
    const ours = CharTokenizer.train(alphabet);
    const theirs = new HuggingFace(JSON.parse(JSON.stringify(ours.json())), {});
    const again = readTokenizerJson(JSON.parse(JSON.stringify(ours.json())));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...alphabet), { minLength: 1 }), (characters) => {
        const t = characters.join("");
        expect(theirs.encode(t).ids).toEqual(ours.encode(t));
        expect(theirs.decode(ours.encode(t), options)).toBe(t);
        expect(again.encode(t)).toEqual(ours.encode(t));
      }),
    );
  });
});

describe("what the Lab cannot read", () => {
  const bad = (change: (json: Json) => void) => {
    const json = structuredClone(golden.llama2.json);
    change(json);
    return () => readTokenizerJson(json);
  };
  it.each<[string, (json: Json) => void, RegExp]>([
    ["another model", (j) => (j.model.type = "Unigram"), /Unigram/],
    [
      "another normalizer",
      (j) => (j.normalizer = { type: "Precompiled", precompiled_charsmap: "" }),
      /normalizer "Precompiled"/,
    ],
    ["another pre-tokenizer", (j) => (j.pre_tokenizer = { type: "BertPreTokenizer" }), /BertPreTokenizer/],
    ["another decoder inside a sequence", (j) => j.decoder.decoders.push({ type: "CTC" }), /decoder "CTC"/],
    ["another post-processor", (j) => (j.post_processor = { type: "BertProcessing" }), /BertProcessing/],
    ["dropout", (j) => (j.model.dropout = 0.1), /dropout/],
    ["word suffixes", (j) => (j.model.end_of_word_suffix = "</w>"), /end_of_word_suffix/],
    ["whole-word added tokens", (j) => (j.added_tokens[0].single_word = true), /single_word/],
    ["a huge id", (j) => (j.model.vocab.x = 4e9), /2\^24/],
    ["an id twice", (j) => (j.model.vocab.zzz = 5), /twice/],
    ["a merge of strangers", (j) => j.model.merges.push(["qq", "qq"]), /merge/],
    ["a merge of three", (j) => (j.model.merges = ["a b c"]), /pair/],
    ["a template of strangers", (j) => (j.post_processor.single[0].SpecialToken.id = "<?>"), /template/],
    [
      "a broken pattern",
      (j) => (j.pre_tokenizer = { type: "Split", pattern: { Regex: "(" }, behavior: "Isolated" }),
      /pattern/,
    ],
    [
      "possessive repeats",
      (j) => (j.pre_tokenizer = { type: "Split", pattern: { Regex: "\\s++" }, behavior: "Isolated" }),
      /pattern that JavaScript/,
    ],
  ])("%s is refused by name", (_, change, message) => {
    expect(bad(change)).toThrow(expect.objectContaining({ code: "bad-file", message: expect.stringMatching(message) }));
  });
  it("never fails with anything else, whatever is put in", () => {
    const seeds = [golden.llama2.json, byteLevel.json(), CharTokenizer.train("abc").json()];
    const shrink = (json: Json) => {
      const small = structuredClone(json);
      small.model.vocab = Object.fromEntries(Object.entries(small.model.vocab).slice(0, 300));
      if (small.model.merges) small.model.merges = small.model.merges.slice(0, 3);
      return small;
    };
    const small = seeds.map(shrink);
    fc.assert(
      fc.property(fc.constantFrom(...small), fc.array(fc.nat()), fc.jsonValue(), fc.string(), (seed, path, value, text) => {
        const json = structuredClone(seed);
        let at = json;
        for (const step of path) {
          const keys = Object.keys(at);
          const key = keys[step % keys.length];
          if (key === undefined) break;
          if (typeof at[key] !== "object" || at[key] === null) {
            at[key] = value;
            break;
          }
          at = at[key];
        }
        try {
          const tokenizer = readTokenizerJson(json);
          tokenizer.decode(tokenizer.encode(text));
        } catch (error) {
          expect(["bad-file", "bad-request"]).toContain((error as { code?: string }).code);
        }
      }),
      { numRuns: 300 },
    );
    expect(() => readTokenizerJson(null)).toThrow(expect.objectContaining({ code: "bad-file" }));
  });
});
