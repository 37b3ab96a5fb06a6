import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseFiles } from "./choose-files.ts";
import { safeName } from "./safe-name.ts";
import { type HubSource, parseSource } from "./source.ts";
import { idOf, partOf } from "./split-name.ts";

const hub = "https://huggingface.co";
const chosen = (paths: readonly string[], more: Partial<HubSource> = {}): string[] =>
  chooseFiles(
    paths.map((path) => ({ path })),
    { kind: "hub", repo: "p/r", revision: "main", ...more },
  ).files.map((f) => f.path);

describe("where a model comes from", () => {
  it.each([
    ["hf:p/r", { kind: "hub", repo: "p/r", revision: "main" }],
    ["hf:p/r:Q4_K_M", { kind: "hub", repo: "p/r", revision: "main", word: "Q4_K_M" }],
    ["hf://p/r.x@v1.0:q8", { kind: "hub", repo: "p/r.x", revision: "v1.0", word: "q8" }],
    ["hf:p/r/sub/x.gguf", { kind: "hub", repo: "p/r", revision: "main", file: "sub/x.gguf" }],
    ["https://huggingface.co/p/r", { kind: "hub", repo: "p/r", revision: "main" }],
    [
      "https://huggingface.co/p/r/blob/main/a%20b.gguf?download=true",
      { kind: "hub", repo: "p/r", revision: "main", file: "a b.gguf" },
    ],
    ["https://a.example/m/x.gguf", { kind: "url", url: "https://a.example/m/x.gguf", name: "a.example/x.gguf" }],
    [
      `https://a.example/x.GGUF?k=1#sha256=${"AB".repeat(32)}`,
      { kind: "url", url: "https://a.example/x.GGUF?k=1", name: "a.example/x.GGUF", sha256: "ab".repeat(32) },
    ],
    ["http://[::1]:8080/x.gguf", { kind: "url", url: "http://[::1]:8080/x.gguf", name: "1/x.gguf" }],
    ["./x.gguf", { kind: "path", path: "./x.gguf" }],
    ["file:///a/b%20c.gguf", { kind: "path", path: "/a/b c.gguf" }],
    ["file:x.gguf", { kind: "path", path: "x.gguf" }],
  ])("%s", (text, source) => {
    expect(parseSource(text, hub)).toEqual(source);
  });

  it.each([
    "hf:p",
    "hf:../x",
    "hf:p/..",
    "hf:p/r/../../x.gguf",
    "hf:p/r/weights.bin",
    "http://a.example/x.gguf",
    "ftp://a.example/x.gguf",
    "https://user:secret@a.example/x.gguf",
    "https://a.example/page.html",
    "https://a.example/x.gguf#sha256=12",
    "https://a.example/x.gguf#md5=12",
    "https://a.example/%2e%2e%2fx.gguf",
    "https://a.example/%zz.gguf",
  ])("refuses %s, without repeating what may be secret", (text) => {
    expect(() => parseSource(text, hub)).toThrow(expect.objectContaining({ code: "bad-request" }));
    expect(() => parseSource(text, hub)).not.toThrow(/secret/);
  });

  it("never makes a name that leads out of the folder, whatever the text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl(), fc.string(), fc.stringMatching(/^https:\/\/a\/[.%/\\2ef]{0,20}\.gguf$/)), (text) => {
        try {
          const source = parseSource(text, hub);
          if (source.kind === "url") expect(source.name).toMatch(/^[^./\\][^/\\]*\/[^./\\][^/\\]*$/);
        } catch (error) {
          expect(error).toMatchObject({ code: "bad-request" });
        }
      }),
    );
  });
});

it("a name from outside goes nowhere but down", () => {
  for (const bad of [
    "",
    "/x",
    "a//b",
    "a/../b",
    "..",
    ".hidden",
    "a/.b",
    "a\\b",
    "c:x",
    "a\0b",
    "x.part",
    "dot.",
    "a/ /b",
    "x".repeat(300),
  ])
    expect(() => safeName(bad), bad).toThrow(expect.objectContaining({ code: "bad-request" }));
  for (const good of ["a/b/c.gguf", "千问/模型-Q4.gguf", "a b/c+d@e.gguf"]) expect(safeName(good)).toBe(good);
});

describe("which GGUF", () => {
  const many = ["m-Q4_K_M.gguf", "m-Q4_K_S.gguf", "m-Q8_0.gguf", "m-f16.gguf", "m-bf16.gguf", "mmproj-f16.gguf", "README.md"];
  it("is the one of the word, as a whole word in any case", () => {
    expect(chosen(many, { word: "q8_0" })).toEqual(["m-Q8_0.gguf"]);
    expect(chosen(many, { word: "F16" })).toEqual(["m-f16.gguf"]);
    expect(() => chosen(many, { word: "Q4_K" })).toThrow(/no Q4_K; it has m-Q4_K_M, m-Q4_K_S/);
  });
  it("is the usual one where nothing is said, or the only one", () => {
    expect(chosen(many)).toEqual(["m-Q4_K_M.gguf"]);
    expect(chosen(["x.gguf", "mmproj-x.gguf"])).toEqual(["x.gguf"]);
    expect(() => chosen(["a-Q8_0.gguf", "b-Q8_0.gguf"])).toThrow(/several: a-Q8_0, b-Q8_0/);
    expect(() => chosen(["a-Q8_0.gguf", "b-Q8_0.gguf"], { word: "Q8_0" })).toThrow(/several that are Q8_0: a-Q8_0, b-Q8_0/);
  });
  it("is the named file, whatever it is", () => {
    expect(chosen(many, { file: "mmproj-f16.gguf" })).toEqual(["mmproj-f16.gguf"]);
    expect(() => chosen(many, { file: "x.gguf" })).toThrow(expect.objectContaining({ code: "not-found" }));
  });
  it("comes with all its parts, and not without one", () => {
    const parts = [3, 1, 2].map((n) => `Q4_K_M/m-Q4_K_M-0000${n}-of-00003.gguf`);
    expect(chosen(parts)).toEqual([...parts].sort());
    expect(chosen(parts, { file: parts[0]! })).toEqual([...parts].sort());
    expect(() => chosen(parts.slice(1))).toThrow(/2 files where 3/);
    expect([idOf(parts[0]!), partOf(parts[0]!)]).toEqual(["Q4_K_M/m-Q4_K_M", [3, 3]]);
  });
});

describe("which ONNX files", () => {
  const repo = [
    "config.json",
    "tokenizer.json",
    "vocab.txt",
    "README.md",
    "pytorch_model.bin",
    "onnx/encoder_model.onnx",
    "onnx/encoder_model.onnx_data",
    "onnx/encoder_model_quantized.onnx",
    "onnx/decoder_model.onnx",
    "onnx/decoder_model_merged.onnx",
    "onnx/decoder_model_merged_quantized.onnx",
    "onnx/decoder_with_past_model_quantized.onnx",
  ];
  const common = ["tokenizer.json", "vocab.txt"];
  it("are those of one number format with the configuration last, without what a merged decoder replaces", () => {
    expect(chosen(repo)).toEqual([
      ...common,
      "onnx/encoder_model.onnx",
      "onnx/encoder_model.onnx_data",
      "onnx/decoder_model_merged.onnx",
      "config.json",
    ]);
    const small = [...common, "onnx/encoder_model_quantized.onnx", "onnx/decoder_model_merged_quantized.onnx", "config.json"];
    expect(chosen(repo, { word: "q8" })).toEqual(small);
    expect(chosen(repo, { word: "quantized" })).toEqual(small);
    expect(chosen(repo, { file: "onnx/encoder_model_quantized.onnx" })).toEqual([
      ...common,
      "onnx/encoder_model_quantized.onnx",
      "config.json",
    ]);
  });
  it("are named when none fits", () => {
    expect(() => chosen(repo, { word: "q4" })).toThrow(/it has fp32, q8/);
    expect(() => chosen(["config.json", "onnx/m_q4.onnx", "onnx/m_fp16.onnx"])).toThrow(/several formats: q4, fp16/);
    expect(chosen(["config.json", "onnx/m_q4f16.onnx"])).toEqual(["onnx/m_q4f16.onnx", "config.json"]);
    expect(() => chosen(["onnx/m.onnx"])).toThrow(/config\.json/);
    expect(() => chosen(["model.safetensors"])).toThrow(/neither GGUF/);
  });
});
