import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InksealError } from "@inkseal/core";
import { ggufOf } from "@inkseal/lab";
import { writeTinyGguf, writeTinyLora } from "@inkseal/testkit";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { type GgufInfo, readGguf } from "./gguf.ts";

const folder = await mkdtemp(join(tmpdir(), "inkseal-gguf-"));
const path = (name: string): string => join(folder, name);
afterAll(() => rm(folder, { recursive: true }));
await Promise.all([
  writeTinyGguf(path("tiny.gguf")),
  writeTinyGguf(path("coder.gguf"), { infill: true, context: 512 }),
  writeTinyLora(path("mood.gguf")),
]);
let scratch = 0;
async function readBytes(bytes: Uint8Array): Promise<GgufInfo> {
  const file = path(`scratch-${scratch++}`);
  await writeFile(file, bytes);
  try {
    return await readGguf(file);
  } finally {
    await rm(file);
  }
}
const onlyBadFile = (error: unknown): void => {
  expect(InksealError.is(error)).toBe(true);
  expect((error as InksealError).code).toBe("bad-file");
};

describe("reading GGUF headers", () => {
  it("says what a model is", async () => {
    expect(await readGguf(path("tiny.gguf"))).toEqual({
      architecture: "llama",
      type: "model",
      name: "tiny",
      licence: "cc0-1.0",
      context: 2_048,
      embedder: false,
      chatTemplate: true,
      infill: false,
    });
    expect(await readGguf(path("coder.gguf"))).toMatchObject({ infill: true, context: 512 });
    expect(await readGguf(path("mood.gguf"))).toMatchObject({ type: "adapter", architecture: "llama", chatTemplate: false });
  });
  it("knows encoders and projectors", async () => {
    const of = (architecture: string): Promise<GgufInfo> =>
      readBytes(ggufOf({ "general.architecture": { text: architecture } }, []));
    expect(await of("nomic-bert")).toMatchObject({ embedder: true });
    expect(await of("clip")).toMatchObject({ type: "mmproj" });
    expect(await of("qwen3")).toMatchObject({ type: "model", embedder: false, context: undefined });
  });
  it("refuses what is no GGUF, of another version, without architecture, or not there", async () => {
    const model = await readFile(path("tiny.gguf"));
    const version4 = Buffer.from(model);
    version4.writeUInt32LE(4, 4);
    for (const bytes of [Buffer.alloc(0), Buffer.from("GGUF"), Buffer.from("PK\x03\x04 a zip"), version4, ggufOf({}, [])])
      await readBytes(bytes).then(() => expect.unreachable(), onlyBadFile);
    await readGguf(path("nobody")).then(() => expect.unreachable(), onlyBadFile);
    await readGguf(folder).then(() => expect.unreachable(), onlyBadFile);
  });
  it("refuses every file cut short: anywhere in the header, anywhere in the weights", async () => {
    const model = await readFile(path("mood.gguf"));
    await fc.assert(
      fc.asyncProperty(fc.nat(model.length - 33), async (length) => {
        await readBytes(model.subarray(0, length)).then(() => expect.unreachable(), onlyBadFile);
      }),
      { numRuns: 150 },
    );
  });
  it("reads or refuses any file with bits turned over or bytes set to their greatest", async () => {
    const model = await readFile(path("tiny.gguf"));
    const header = 14_000;
    const spots = fc.array(fc.record({ at: fc.nat(header), to: fc.oneof(fc.constant(0xff), fc.constant(0), fc.nat(255)) }), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(spots, async (changes) => {
        const bytes = Buffer.from(model);
        for (const { at, to } of changes) bytes[at] = to;
        await readBytes(bytes).catch(onlyBadFile);
      }),
      { numRuns: 200 },
    );
  });
  it("is not led into endless work or memory by counts that no file can have", async () => {
    const model = await readFile(path("tiny.gguf"));
    for (const at of [8, 16, 24]) {
      for (const count of [2n ** 63n, 2n ** 40n, BigInt(model.length)]) {
        const bytes = Buffer.from(model);
        bytes.writeBigUInt64LE(count, at);
        await readBytes(bytes).then(() => expect.unreachable(), onlyBadFile);
      }
    }
  });
  it("refuses any other bytes", async () => {
    const tail = fc.uint8Array({ maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(tail, async (bytes) => {
        const file = Buffer.concat([Buffer.from("GGUF\x03\0\0\0"), bytes]);
        await readBytes(file).then(() => expect.unreachable(), onlyBadFile);
      }),
      { numRuns: 100 },
    );
  });
});
