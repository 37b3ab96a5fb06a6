import { fileURLToPath } from "node:url";
import { type Chunk, InksealError, type Plan, parseBrief, sniff } from "@inkseal/core";
import { afterAll, describe, expect, it } from "vitest";
import { espeakEngine } from "./espeak.ts";
import { sentencesOf } from "./sentences.ts";
import { SpeakingProcess } from "./speaking-process.ts";

const engine = espeakEngine();
afterAll(() => engine.close?.());

const plan = (text: string, model = "zh", controls = {}): Plan => ({
  kind: "plan",
  version: 1,
  brief: parseBrief({ task: "speech", text, controls }),
  engine,
  model,
  seed: undefined,
  warnings: [],
});
async function speak(p: Plan, signal = new AbortController().signal): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const batch of engine.generate(p, signal)) chunks.push(...batch);
  return chunks;
}
function wav(chunks: Chunk[]) {
  const bytes = chunks.at(-1)?.media?.bytes ?? new Uint8Array();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const samples = new Int16Array(bytes.slice(44).buffer);
  return {
    bytes,
    rate: view.getUint32(24, true),
    seconds: samples.length / view.getUint32(24, true),
    rms: Math.sqrt(samples.reduce((s, x) => s + x * x, 0) / samples.length),
  };
}

describe("embedded speech", () => {
  it.each([
    ["人工智能生成的内容应当可以被认出来。", "zh", 2.5, 8],
    ["Generated content should be recognisable.", "en", 1.5, 5],
  ])("speaks %s", async (text, model, least, most) => {
    const { bytes, rate, seconds, rms } = wav(await speak(plan(text, model)));
    expect(sniff(bytes)).toBe("audio/wav");
    expect(new DataView(bytes.buffer).getUint32(4, true)).toBe(bytes.length - 8);
    expect(rate).toBe(22_050);
    expect(seconds).toBeGreaterThan(least);
    expect(seconds).toBeLessThan(most);
    expect(rms).toBeGreaterThan(500);
  });
  it("speaks differently at another pace, pitch and voice", async () => {
    const [plain, fast, high, other] = [
      wav(await speak(plan("hello world", "en"))),
      wav(await speak(plan("hello world", "en", { speed: 2 }))),
      wav(await speak(plan("hello world", "en", { pitch: 1.8 }))),
      wav(await speak(plan("hello world", "de"))),
    ];
    expect(fast.seconds).toBeLessThan(plain.seconds * 0.75);
    expect(high.bytes).not.toEqual(plain.bytes);
    expect(other.bytes).not.toEqual(plain.bytes);
  });
  it("reports progress sentence by sentence, usage at the end", async () => {
    const chunks = await speak(plan("一。二。三。"));
    expect(chunks.filter((c) => c.progress).map((c) => c.progress?.fraction)).toEqual([1 / 3, 2 / 3, 1]);
    expect(chunks.at(-1)).toMatchObject({ finish: "stop", usage: { characters: 6 } });
  });
  it("refuses what it cannot do, and says what it can", async () => {
    await expect(speak(plan("x", "en", { format: "audio/aac" }))).rejects.toMatchObject({
      code: "cannot-do",
      message: expect.stringContaining("audio/wav"),
    });
    await expect(speak(plan("  "))).rejects.toMatchObject({ code: "bad-request" });
    await expect(speak(plan("x".repeat(100_001)))).rejects.toMatchObject({ code: "too-large" });
  });
  it("stops on abort and speaks again afterwards; waits its turn", async () => {
    const abort = new AbortController();
    const long = speak(plan("这是一个很长的句子。".repeat(200)), abort.signal);
    setTimeout(() => abort.abort(new InksealError("cancelled", "enough")), 50);
    await expect(long).rejects.toMatchObject({ code: "cancelled" });
    const both = await Promise.all([speak(plan("你好")), speak(plan("hello", "en"))]);
    for (const chunks of both) expect(wav(chunks).seconds).toBeGreaterThan(0.2);
  });
});

it("cuts text into sentences", () => {
  expect(sentencesOf("你好！How are you? v1.2 is out. 好。")).toEqual(["你好！", "How are you?", "v1.2 is out.", "好。"]);
  expect(sentencesOf("a".repeat(900)).map((s) => s.length)).toEqual([400, 400, 100]);
});

it("picks the voice by the text unless told, and knows its own voices", async () => {
  const secondsOf = async (text: string, model: string, controls = {}): Promise<number> =>
    wav(await speak(plan(text, model, controls))).seconds;
  // eSpeak carries a sample or two over from what it said before, so lengths are near, not equal
  for (const [text, model, controls, same] of [
    ["你好世界", "auto", {}, "zh"],
    ["good morning", "auto", {}, "en"],
    ["good morning", "auto", { voice: "de" }, "de"],
    ["good morning", "auto", { voice: "alloy" }, "en"],
  ] as const) {
    expect(await secondsOf(text, model, controls)).toBeCloseTo(await secondsOf(text, same), 2);
  }
  await expect(speak(plan("x", "klingon"))).rejects.toMatchObject({ code: "unknown-model" });
});

it("gives each sentence of a mixed text the voice of its script", async () => {
  const of = async (text: string, model: string): Promise<number> => wav(await speak(plan(text, model))).seconds;
  const mixed = await of("今天天气很好。The weather is fine today.", "auto");
  const parts = (await of("今天天气很好。", "zh")) + (await of("The weather is fine today.", "en"));
  expect(mixed).toBeCloseTo(parts, 1);
});

it("starts a new process after a crash, and names it when one dies at work", async () => {
  const speaker = new SpeakingProcess("espeak", fileURLToPath(new URL("./espeak-worker.mjs", import.meta.url)));
  const job = { sentences: Array(200).fill({ text: "这是一个句子。", voice: "cmn" }), rate: 175, pitch: 50 };
  const run = async (): Promise<number> => {
    let last = 0;
    for await (const { done, samples } of speaker.speak(job, new AbortController().signal)) {
      last += samples.length;
      if (done === 1 && speaker.pid !== undefined && !killed) {
        killed = true;
        process.kill(speaker.pid, "SIGKILL");
      }
    }
    return last;
  };
  let killed = false;
  await expect(run()).rejects.toMatchObject({ code: "upstream-error" });
  expect(await run()).toBeGreaterThan(22_050);
  await speaker.close();
});

it("leaves the queue at once on abort, without disturbing who speaks", async () => {
  const order: string[] = [];
  const long = speak(plan("这是一个很长的句子。".repeat(60))).then(() => order.push("long"));
  const abort = new AbortController();
  const queued = speak(plan("二", "zh"), abort.signal).catch((e: InksealError) => order.push(e.code));
  const third = speak(plan("三", "zh")).then(() => order.push("third"));
  setTimeout(() => abort.abort(), 20);
  await Promise.all([long, queued, third]);
  expect(order).toEqual(["cancelled", "long", "third"]);
});

it("says whether it works", async () => {
  expect(await engine.probe()).toMatchObject({ ok: true });
});
