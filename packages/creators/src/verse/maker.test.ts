import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Chunk, type Plan, parseBrief } from "@inkseal/core";
import { CharTokenizer, initialGpt, quantise, seededRandom } from "@inkseal/lab";
import { saveCompressed } from "@inkseal/lab/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Maker, TokenDraw } from "../creator.ts";
import { nodePlace } from "../node/place.ts";
import { pingshui } from "./books/tables.gen.ts";
import { copiesOf, holds, readCopies, writeCopies } from "./copies.ts";
import { verse } from "./index.ts";
import type { VerseJob } from "./job.ts";
import { faults } from "./judge.ts";
import { punctuation, structureTokens, unknownToken } from "./tokens.ts";

let folder: string;
let maker: Maker<VerseJob>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "verse-"));
  const characters = [...new Set(pingshui.replace(/^.\S+ /gm, "").replace(/\s/g, ""))].slice(0, 3000);
  const tokenizer = new CharTokenizer([...structureTokens, ...punctuation, ...characters], unknownToken);
  const sizes = { vocab: tokenizer.vocab, context: 192, layers: 1, width: 32, heads: 2 };
  const config = { kind: "gpt", ...sizes, ropeTheta: 10_000, normEps: 1e-5, tied: true, dropout: 0 } as const;
  const weights = quantise(initialGpt(config, seededRandom(3)), { bits: 8 });
  await saveCompressed(folder, { config, weights, tokenizer, made: "int8" });
  maker = await verse.open(nodePlace(folder, 1));
});
afterAll(() => rm(folder, { recursive: true }));

async function made(text: string, controls: Record<string, unknown> = {}): Promise<Chunk[]> {
  const brief = parseBrief({ task: "chat", messages: [{ role: "user", content: text }], controls });
  const job = await verse.jobOf({ brief, model: "inkseal-verse" } as Plan, 3);
  expect(structuredClone(job)).toEqual(job);
  const chunks: Chunk[] = [];
  for await (const batch of maker.make(job, new AbortController().signal)) chunks.push(...batch);
  return chunks;
}
const textOf = (chunks: readonly Chunk[], index = 0): string =>
  chunks
    .filter((c) => c.index === index)
    .map((c) => c.text ?? "")
    .join("");

it("streams sentence by sentence and ends each choice", async () => {
  const chunks = await made("写一首七言律诗", { n: 2 });
  expect(chunks.filter(({ index, text }) => index === 0 && text !== undefined)).toHaveLength(4);
  expect(chunks.filter(({ finish }) => finish === "stop").map(({ index }) => index)).toEqual([0, 1]);
  expect(chunks.at(-1)!.usage!.characters).toBeGreaterThan(120);
  for (const index of [0, 1]) expect(faults(textOf(chunks, index), { form: "七言律诗", book: "平水韵" })).toEqual([]);
  expect(textOf(chunks, 0)).not.toBe(textOf(chunks, 1));
});

it("hangs a couplet, parts a 词, writes the script of the request", async () => {
  expect(textOf(await made("上联：海内存知己，对下联"))).toMatch(/^\p{Script=Han}{5}$/u);
  expect(textOf(await made("写一副对联"))).toMatch(/^\p{Script=Han}{7}\n\p{Script=Han}{7}$/u);
  expect(textOf(await made("蝶恋花·离别")).split("\n\n")).toHaveLength(2);
  const acrostic = textOf(await made("寫一首絕句，藏頭「風雲龍馬」"));
  expect(acrostic.split(/[，。\n]+/).map(([first]) => first)).toEqual([..."風雲龍馬", undefined]);
});

it("lets another draw what is free, at the places that its cutter tells", async () => {
  const cut = await verse.cutter!(nodePlace(folder, 1));
  for (const text of ["写一首七言绝句", "寫一首七言律詩，藏頭「風雲龍馬」", "浣溪沙"]) {
    const brief = parseBrief({ task: "chat", messages: [{ role: "user", content: text }], controls: {} });
    const job = await verse.jobOf({ brief, model: "inkseal-verse" } as Plan, 3);
    const open = new Map<string, number>();
    const kept = new Map<number, number>();
    const drawn: TokenDraw = Object.assign(
      ((p, tokens, random, { position, way }) => {
        expect(p.length === 1 || Math.abs(Array.from(p).reduce((a, b) => a + b, 0) - 1) < 1e-6).toBe(true);
        const at = Math.floor(random() * tokens.length);
        open.set(`${way} ${position}`, tokens[at]!);
        return at;
      }) as TokenDraw,
      {
        keep(way: number) {
          for (const [name, token] of open) if (name.startsWith(`${way} `)) kept.set(Number(name.split(" ")[1]), token);
          open.clear();
        },
      },
    );
    let poem = "";
    for await (const batch of maker.make(job, new AbortController().signal, () => drawn))
      for (const chunk of batch) poem += chunk.text ?? "";
    const { ids, ways } = cut(poem)!;
    expect(kept.size).toBeGreaterThan(0.7 * ids.length);
    for (const [position, token] of kept) expect(ids[position]).toBe(token);
    expect(ways!.begins.length).toBe(poem.split("。").length - 1);
  }
  expect(cut("Nothing here is in Chinese. 一二三")).toBeUndefined();
});

it("knows every line that it was shown, and few others", () => {
  const lines = Array.from({ length: 2000 }, (_, i) => `${i}床前明月光`);
  const copies = readCopies(writeCopies(copiesOf(lines, lines.length, 7)))!;
  expect(lines.every(copies)).toBe(true);
  const wrong = Array.from({ length: 2000 }, (_, i) => `${i}疑是地上霜`).filter(copies).length;
  expect(wrong).toBeLessThan(2000 * 0.06);
  expect(readCopies(undefined)).toBeUndefined();
  expect(() => readCopies(new Uint8Array(2))).toThrow(/copies.bin/);
  expect(holds(copiesOf([], 1, 8), "一")).toBe(false);
});
