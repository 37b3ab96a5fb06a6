import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BriefInput, type Chunk, parseBrief, type Task } from "@inkseal/core";
import { testEngine, writeTinyOnnx } from "@inkseal/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onnxEngine } from "./onnx.ts";

/** 16-bit mono WAV of the given samples. */
function wav(samples: readonly number[], rate: number): Uint8Array {
  const data = Buffer.from(Int16Array.from(samples.map((s) => s * 32_767)).buffer);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(data.length, 40);
  return new Uint8Array(Buffer.concat([head, data]));
}
/** Half a second above zero, half a second below. */
const sound = (rate: number): Uint8Array =>
  wav(
    Array.from({ length: rate }, (_, i) => (i < rate / 2 ? 0.5 : -0.5)),
    rate,
  );
const heard = (rate: number) => ({ name: "a.wav", mediaType: "audio/wav", bytes: sound(rate), role: "audio" });

let folder: string;
const made = (async () => {
  folder = await mkdtemp(join(tmpdir(), "inkseal-onnx-"));
  for (const kind of ["encoder", "decoder", "endless", "classifier", "recogniser"] as const)
    await writeTinyOnnx(join(folder, "tiny", kind), kind);
})();
afterAll(() => rm(folder, { recursive: true, force: true }));

testEngine("onnx", () => made.then(() => ({ engine: onnxEngine({ folder }) })), {
  chat: { model: "tiny/decoder", brief: { messages: [{ role: "user", content: "one" }] } },
  completion: {
    model: "tiny/decoder",
    brief: { text: "two" },
    long: { model: "tiny/endless", brief: { text: "two", controls: { maxTokens: 90_000 } } },
  },
  embedding: { model: "tiny/encoder", brief: { texts: ["one two", "three"] } },
  moderation: { model: "tiny/classifier", brief: { text: "fair" } },
  transcription: { model: "tiny/recogniser", brief: { files: [heard(16_000)] } },
});

describe("onnx", () => {
  let engine: ReturnType<typeof onnxEngine>;
  beforeAll(async () => {
    await made;
    engine = onnxEngine({ folder });
  });
  afterAll(() => engine.close?.());
  async function run(model: string, task: Task, input: Omit<BriefInput, "task">): Promise<Chunk[]> {
    const brief = parseBrief({ ...input, task } as BriefInput);
    const plan = { kind: "plan", version: 1, brief, engine, model, seed: brief.controls.seed, warnings: [] } as const;
    const chunks: Chunk[] = [];
    for await (const batch of engine.generate(plan, new AbortController().signal)) chunks.push(...batch);
    return chunks;
  }
  const words = (chunks: readonly Chunk[]): string =>
    chunks
      .map((c) => c.text ?? "")
      .join("")
      .trim();

  it("lists what each folder can do", async () => {
    expect((await engine.models()).map((m) => [m.id, m.tasks, m.context])).toEqual([
      ["tiny/classifier", ["moderation"], undefined],
      ["tiny/decoder", ["chat", "completion"], 64],
      ["tiny/encoder", ["embedding"], 64],
      ["tiny/endless", ["chat", "completion"], 100_000],
      ["tiny/recogniser", ["transcription"], undefined],
    ]);
  });
  it("chats in the model's template, completes, stops and counts", async () => {
    const chat = await run("tiny/decoder", "chat", { messages: [{ role: "user", content: "hello" }] });
    expect(words(chat)).toBe("one two three four");
    expect(chat.at(-1)).toMatchObject({ finish: "stop", usage: { inputTokens: 3, outputTokens: 5 } });
    expect(words(await run("tiny/decoder", "completion", { text: "two", stream: true }))).toBe("three four");
    const short = await run("tiny/decoder", "completion", { text: "one", controls: { maxTokens: 2 } });
    expect([words(short), short.at(-1)?.finish]).toEqual(["two three", "length"]);
    const stopped = await run("tiny/decoder", "completion", { text: "one", controls: { stop: ["three"] }, stream: true });
    expect([words(stopped), stopped.at(-1)?.finish]).toEqual(["two", "stop"]);
  });
  it("says the same for the same seed", async () => {
    const once = (): Promise<Chunk[]> =>
      run("tiny/decoder", "completion", { text: "one", controls: { temperature: 2, topK: 8, seed: 4, maxTokens: 12 } });
    expect(words(await once())).toBe(words(await once()));
  });
  it("embeds as the mean of the words, of length 1", async () => {
    const [first, second] = await run("tiny/encoder", "embedding", { texts: ["one two", "three"] });
    const row = (n: number): number[] => [0, 1, 2, 3].map((c) => Math.sin(n * 4 + c + 1));
    const mean = row(2).map((v, i) => (v + (row(3)[i] as number)) / 2);
    const length = Math.hypot(...mean);
    for (const [i, v] of mean.entries()) expect(first?.vector?.[i]).toBeCloseTo(v / length, 5);
    expect(Math.hypot(...(second?.vector ?? []))).toBeCloseTo(1, 5);
    expect(first?.usage).toEqual({ inputTokens: 3 });
  });
  it("judges each text by the classifier's labels", async () => {
    const [chunk] = await run("tiny/classifier", "moderation", { texts: ["fair one", "foul two"] });
    expect(chunk?.json).toMatchObject({ results: [{ flagged: false }, { flagged: true, categories: { toxic: true } }] });
  });
  it.each([8_000, 16_000, 44_100])("hears a WAV of %d Hz", async (rate) => {
    const [chunk] = await run("tiny/recogniser", "transcription", { files: [heard(rate)] });
    expect(chunk?.text).toBe("AB");
    expect(chunk?.usage?.seconds).toBeCloseTo(1, 3);
  });
  it("refuses what a model cannot do, and what is no sound", async () => {
    await expect(run("tiny/encoder", "chat", { text: "x" })).rejects.toMatchObject({ code: "cannot-do" });
    const broken = { ...heard(16_000), bytes: new Uint8Array(99) };
    await expect(run("tiny/recogniser", "transcription", { files: [broken] })).rejects.toMatchObject({ code: "bad-file" });
    const long = Array.from({ length: 70 }, () => "one").join(" ");
    await expect(run("tiny/decoder", "completion", { text: long })).rejects.toMatchObject({ code: "too-large" });
  });
  it.each(["../tiny/encoder", "tiny/../../etc", "/etc", "", "none/such", "tiny"])("knows no model %s", async (name) => {
    await expect(run(name, "embedding", { text: "x" })).rejects.toMatchObject({ code: "unknown-model" });
  });
  it("says what a folder lacks, and outlives what is no model", async () => {
    await mkdir(join(folder, "half"));
    await writeFile(join(folder, "half/config.json"), '{"architectures":["BertModel"]}');
    await expect(run("half", "embedding", { text: "x" })).rejects.toMatchObject({ code: "bad-file", message: /model\.onnx/ });
    await writeTinyOnnx(join(folder, "torn"), "encoder");
    await writeFile(join(folder, "torn/onnx/model.onnx"), "not ONNX at all");
    await expect(run("torn", "embedding", { text: "x" })).rejects.toMatchObject({ code: "bad-file" });
    await writeTinyOnnx(join(folder, "strange"), "encoder");
    await writeFile(join(folder, "strange/config.json"), '{"architectures":["SomethingForDepthEstimation"]}');
    await expect(run("strange", "embedding", { text: "x" })).rejects.toMatchObject({ code: "cannot-do" });
    await symlink(folder, join(folder, "circle"));
    expect((await engine.models()).length).toBeGreaterThan(5);
    expect((await run("tiny/encoder", "embedding", { text: "one" }))[0]?.vector).toHaveLength(4);
  });
});
