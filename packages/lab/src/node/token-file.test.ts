import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { mixedLoader } from "../data/mix.ts";
import { readTokenFile, writeTokenFile } from "../data/token-file.ts";
import { BpeTokenizer } from "../text/bpe.ts";
import { CharTokenizer } from "../text/char-tokenizer.ts";
import { openTokenFile, textChunks, writeTokens } from "./token-file.ts";

const folder = mkdtempSync(join(tmpdir(), "lab-tokens-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const refused = (code: string, message = "") => expect.objectContaining({ code, message: expect.stringContaining(message) });
let files = 0;
function put(content: string | Uint8Array, ending = "txt"): string {
  const path = join(folder, `${files++}.${ending}`);
  writeFileSync(path, content);
  return path;
}

describe("openTokenFile", () => {
  it.each([300, 100_000])("reads as if it were all in memory, with two pages of it there (vocabulary %d)", (vocab) => {
    const ids = Uint32Array.from({ length: 1000 }, (_, i) => (i * 7919) % vocab);
    const file = openTokenFile(put(writeTokenFile(ids, vocab), "tokens"), { pageBytes: 64, pages: 2 });
    expect([file.length, file.vocab]).toEqual([1000, vocab]);
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(120), (start, n) => {
        const count = Math.min(n, 1000 - start);
        expect(Array.from(file.slice(start, count))).toEqual([...ids.subarray(start, start + count)]);
      }),
    );
    expect(() => file.slice(990, 11)).toThrow(refused("bad-request"));
    file.close();
    file.close();
    expect(() => file.slice(0, 1)).toThrow(refused("bad-request", "closed"));
  });
  it("feeds the same batches as memory does", () => {
    const bytes = writeTokenFile(
      Uint16Array.from({ length: 5000 }, (_, i) => i),
      5000,
    );
    const file = openTokenFile(put(bytes, "tokens"), { pageBytes: 256, pages: 3 });
    const mix = { batch: 4, length: 100, seed: 9 };
    const onDisk = mixedLoader({ ...mix, sources: [{ source: file, weight: 1 }] });
    const inMemory = mixedLoader({ ...mix, sources: [{ source: readTokenFile(bytes), weight: 1 }] });
    for (let i = 0; i < 20; i++) expect(onDisk.next()).toEqual(inMemory.next());
    file.close();
  });
  it("refuses missing, foreign and cut files, also when one is cut later", () => {
    expect(() => openTokenFile(join(folder, "none"))).toThrow(refused("not-found"));
    expect(() => openTokenFile(put("hello"))).toThrow(refused("bad-file"));
    const path = put(writeTokenFile(new Uint16Array(1000), 10), "tokens");
    const file = openTokenFile(path, { pageBytes: 64 });
    truncateSync(path, 100);
    expect(() => file.slice(900, 10)).toThrow(refused("bad-file", "cut off"));
    file.close();
    expect(() => openTokenFile(path)).toThrow(refused("bad-file", "cut off"));
  });
});

describe("writeTokens", () => {
  const tokenizer = BpeTokenizer.train(["the sun and the moon, the stars\n"], { vocab: 280, special: ["<|end|>"] });
  const end = tokenizer.special.get("<|end|>")!;

  it("joins texts and lines of JSON, each document ended, special tokens of strangers as text", async () => {
    const text = put("\ufeffthe sun");
    const lines = put('{"text":"the moon"}\n\n{"id":3,"text":"a <|end|>"}', "jsonl");
    const path = join(folder, "out.tokens");
    const done = await writeTokens(path, { inputs: [text, lines], tokenizer, end });
    const file = openTokenFile(path);
    const ids = Array.from(file.slice(0, file.length));
    file.close();
    expect(done).toEqual({ tokens: ids.length, documents: 3 });
    expect(ids.filter((id) => id === end)).toHaveLength(3);
    expect(tokenizer.decode(ids)).toBe("the sun<|end|>the moon<|end|>a <|end|><|end|>");
  });
  it("leaves nothing behind when an input is bad", async () => {
    const before = readdirSync(folder).length;
    const write = (input: string, t = tokenizer as BpeTokenizer | CharTokenizer) =>
      writeTokens(join(folder, "bad.tokens"), { inputs: [input], tokenizer: t });
    await expect(write(put('{"text":"a"}\n{"txt":"b"}\n', "jsonl"))).rejects.toEqual(refused("bad-file", "line 2"));
    await expect(write(put("{", "jsonl"))).rejects.toEqual(refused("bad-file", "line 1"));
    await expect(write(put("abc"), CharTokenizer.train("ab"))).rejects.toEqual(refused("bad-request", "U+0063"));
    await expect(write(join(folder, "none.txt"))).rejects.toEqual(refused("not-found"));
    await expect(write(join(folder, "none.jsonl"))).rejects.toEqual(refused("not-found"));
    expect(readdirSync(folder)).toHaveLength(before + 3);
  });
  it("cuts long texts where no token is", async () => {
    const part = fc.constantFrom("the", "sun", " ", "\n", "\r\n", "  ", ", ", "it's", "42", "海上", "😀", "\t", "!\n");
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 80 }), async (parts) => {
        const path = put(parts.join(""));
        const ids: number[] = [];
        let back = "";
        for await (const chunk of textChunks(path, 24)) {
          ids.push(...tokenizer.encode(chunk));
          back += chunk;
        }
        expect(back).toBe(readFileSync(path, "utf8"));
        expect(tokenizer.decode(ids)).toBe(back);
      }),
      { numRuns: 60 },
    );
    const prose = "The sun, the moon; it's 42!\r\n\r\n  And  so on… ".repeat(50);
    const ids: number[] = [];
    let chunks = 0;
    for await (const chunk of textChunks(put(prose), 100)) {
      ids.push(...tokenizer.encode(chunk));
      chunks++;
    }
    expect(chunks).toBeGreaterThan(10);
    expect(ids).toEqual(tokenizer.encode(prose));
  });
});
