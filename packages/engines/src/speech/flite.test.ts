import { type Chunk, type Plan, parseBrief, sniff } from "@inkseal/core";
import { afterAll, describe, expect, it } from "vitest";
import { fliteEngine } from "./flite.ts";

const engine = fliteEngine();
afterAll(() => engine.close?.());

async function speak(text: string, model = "slt", controls = {}, signal = new AbortController().signal): Promise<Chunk[]> {
  const brief = parseBrief({ task: "speech", text, controls });
  const plan: Plan = { kind: "plan", version: 1, brief, engine, model, seed: undefined, warnings: [] };
  const chunks: Chunk[] = [];
  for await (const batch of engine.generate(plan, signal)) chunks.push(...batch);
  return chunks;
}
const bytesOf = (chunks: Chunk[]): Uint8Array => chunks.at(-1)?.media?.bytes ?? new Uint8Array();
/** Hz, by the strongest autocorrelation between 60 and 400 Hz in half a second of speech. */
function pitchOf(chunks: Chunk[]): number {
  const samples = new Int16Array(bytesOf(chunks).slice(44).buffer).subarray(3000, 11_000);
  let [best, at] = [0, 1];
  for (let lag = 40; lag < 266; lag++) {
    let sum = 0;
    for (let i = 0; i + lag < samples.length; i++) sum += (samples[i] as number) * (samples[i + lag] as number);
    if (sum > best) [best, at] = [sum, lag];
  }
  return 16_000 / at;
}

describe("flite", () => {
  it("speaks English as 16 kHz WAV, faster and higher on demand", async () => {
    const text = "Hello world, this is a long test.";
    const plain = await speak(text);
    const fast = await speak(text, "slt", { speed: 2 });
    const high = await speak(text, "slt", { pitch: 1.5 });
    const bytes = bytesOf(plain);
    expect(sniff(bytes)).toBe("audio/wav");
    expect(new DataView(bytes.buffer).getUint32(24, true)).toBe(16_000);
    expect(plain.at(-1)?.usage?.seconds).toBeGreaterThan(1.5);
    expect(plain.at(-1)?.usage?.seconds).toBeLessThan(4);
    expect(bytesOf(fast).length / bytes.length).toBeCloseTo(0.5, 1);
    expect(pitchOf(high) / pitchOf(plain)).toBeGreaterThan(1.3);
  });
  it("has voices that differ, and says what it cannot do", async () => {
    expect(bytesOf(await speak("One. Two.", "rms"))).not.toEqual(bytesOf(await speak("One. Two.", "kal16")));
    await expect(speak("你好")).rejects.toMatchObject({ code: "cannot-do" });
    await expect(speak("hello", "slt", { language: "fr" })).rejects.toMatchObject({ code: "cannot-do" });
    await expect(speak("hello", "nobody")).rejects.toMatchObject({ code: "unknown-model" });
    expect(await engine.probe()).toMatchObject({ ok: true });
  });
  it("stops on abort", async () => {
    const abort = new AbortController();
    const long = speak("This is a sentence that goes on. ".repeat(300), "slt", {}, abort.signal);
    setTimeout(() => abort.abort(), 50);
    await expect(long).rejects.toMatchObject({ code: "cancelled" });
  });
});
