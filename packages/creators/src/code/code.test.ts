import { type BriefInput, type Chunk, type Plan, parseBrief } from "@inkseal/core";
import { BpeTokenizer, GptConfigSchema, initialGpt, packModel, quantise, seededRandom } from "@inkseal/lab";
import { cpuBackend } from "@inkseal/lab/node";
import { beforeAll, describe, expect, it } from "vitest";
import type { Maker } from "../creator.ts";
import { code } from "./index.ts";
import { type CodeJob, codeJob } from "./job.ts";
import { learntLines } from "./originals.ts";
import { CodeTokens, marks } from "./tokens.ts";

const lesson =
  "export function total(items: Item[]): number {\n  return items.reduce((sum, { price }) => sum + price, 0);\n}\n";
const tokenizer = BpeTokenizer.train([lesson.repeat(3)], { vocab: 330, special: marks });
const config = GptConfigSchema.parse({
  kind: "gpt",
  vocab: tokenizer.vocab,
  context: 512,
  layers: 1,
  width: 32,
  heads: 2,
  hidden: 64,
});
const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const files: Record<string, Uint8Array> = {
  "config.json": encode({ inkseal: config }),
  "tokenizer.json": encode(tokenizer.json()),
  "lines.bin": learntLines([["return items.reduce((sum, { price }) => sum + price, 0);"]]),
  "model.packed.safetensors": packModel(quantise(initialGpt(config, seededRandom(1)), { bits: 8 })),
};

/** A model that learnt nothing: what it says that makes sense is the cache's. */
let maker: Maker<CodeJob>;
beforeAll(async () => {
  maker = await code.open({
    read: async (file) => files[file],
    backend: (options) => cpuBackend({ threads: 1, memory: 2 ** 26, ...options }),
  });
});

const project = [{ name: "shop.ts", mediaType: "text/plain", bytes: new TextEncoder().encode(lesson) }];
const jobOf = (brief: Omit<BriefInput, "task">) =>
  codeJob({ brief: parseBrief({ task: "completion", ...brief }), model: "inkseal-code" }, 3);
async function chunksOf(brief: Omit<BriefInput, "task">, signal = new AbortController().signal): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const batch of maker.make(jobOf(brief), signal)) chunks.push(...batch);
  return chunks;
}
const textOf = (chunks: readonly Chunk[], index = 0) =>
  chunks
    .filter((c) => c.index === index)
    .map((c) => c.text ?? "")
    .join("");

describe("the code model", () => {
  it("says a line as the project has it, cut in the middle of a word, piece by piece", async () => {
    const chunks = await chunksOf({ text: "  return items.red", files: project });
    expect(textOf(chunks)).toBe("uce((sum, { price }) => sum + price, 0);");
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks.at(-1)).toMatchObject({
      finish: "stop",
      usage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
    });
  });

  it("ends several lines where the brackets close", async () => {
    const controls = { own: { lines: 9 } };
    const chunks = await chunksOf({ text: "export function total(items: Item[]): number ", files: project, controls });
    expect(textOf(chunks)).toBe("{\n  return items.reduce((sum, { price }) => sum + price, 0);\n}");
  });

  it("looks at the lines after the gap, and leaves the project alone when told to", async () => {
    const suffix = `\n}\n${lesson}`;
    expect(textOf(await chunksOf({ text: "  return items.red", suffix }))).toBe("uce((sum, { price }) => sum + price, 0);");
    const alone = await chunksOf({
      text: "  return items.red",
      files: project,
      controls: { own: { project: false }, maxTokens: 5 },
    });
    expect(textOf(alone)).not.toContain("price");
  });

  it("forgets a file of the project that is gone", async () => {
    await chunksOf({ text: "  return items.red", files: project });
    expect(textOf(await chunksOf({ text: "  return items.red", controls: { maxTokens: 9 } }))).not.toContain("price");
  });

  it("makes several choices, the same for the same seed, and stops at maxTokens", async () => {
    const brief = { text: "const a", controls: { n: 3, temperature: 1, maxTokens: 4 } };
    const first = await chunksOf(brief);
    expect(await chunksOf(brief)).toEqual(first);
    expect(
      [0, 1, 2].map((i) => first.findLast((c) => c.index === i)?.finish).every((f) => f === "length" || f === "stop"),
    ).toBe(true);
    expect(first.filter((c) => c.usage !== undefined)).toHaveLength(1);
  });

  it("writes no learnt line when told to be original, and the lines before it", async () => {
    const text = "export function total(items: Item[]): number ";
    const controls = { own: { lines: 9, original: true } };
    const chunks = await chunksOf({ text, files: project, controls });
    expect(textOf(chunks)).toBe("{\n");
    expect(chunks.at(-1)?.finish).toBe("content_filter");
  });

  it("is silent after an abort", async () => {
    const leave = new AbortController();
    const seen: Chunk[] = [];
    for await (const batch of maker.make(jobOf({ text: "  return items", files: project }), leave.signal)) {
      seen.push(...batch);
      leave.abort();
    }
    expect(seen).toHaveLength(1);
  });

  it("goes on beyond its window, and says the same whether it read the beginning before or not", async () => {
    const long = { text: `${lesson.repeat(12)}export function total(`, controls: { temperature: 0 } };
    const whole = textOf(await chunksOf(long));
    await chunksOf({ ...long, text: long.text.slice(0, -20) });
    expect(textOf(await chunksOf(long))).toBe(whole);
    const written = await chunksOf({
      text: "x",
      controls: { own: { lines: 20, balance: false }, maxTokens: 400, temperature: 2, topP: 1 },
    });
    expect(written.at(-1)?.usage?.outputTokens).toBeGreaterThan(0);
  });

  it("tells what the weights lack", async () => {
    const place = (read: (file: string) => Uint8Array | undefined) => ({
      read: async (file: string) => read(file),
      backend: () => cpuBackend({ threads: 1, memory: 2 ** 26 }),
    });
    await expect(code.open(place(() => undefined))).rejects.toMatchObject({ code: "not-found" });
    const bare = BpeTokenizer.train([lesson], { vocab: 300 });
    expect(() => new CodeTokens(bare)).toThrow(/lacks <\|end\|>/);
  });

  it("keeps line by line the tokens of the whole text", () => {
    const tokens = new CodeTokens(tokenizer);
    for (const text of [lesson, "a\n\n\n  b  \n\tc\n", "\n x", "no end", "  \n  "])
      expect(tokens.encode(text)).toEqual(tokenizer.encode(text, { plain: true }));
  });

  it("refuses what it cannot do before any weights are read", () => {
    const plan = (text: string) => ({ brief: parseBrief({ task: "completion", text }), model: "inkseal-code" }) as Plan;
    expect(() => code.jobOf(plan("#include <stdio.h>"), 1)).toThrow(expect.objectContaining({ code: "cannot-do" }));
  });
});
