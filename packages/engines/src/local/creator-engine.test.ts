import { type Chunk, type Controls, type Plan, parseBrief, type WordMark } from "@inkseal/core";
import { type Creator, creators } from "@inkseal/creators";
import { detectText } from "@inkseal/mark";
import { afterAll, describe, expect, it } from "vitest";
import { creatorEngine } from "./creator-engine.ts";

describe.each(creators.map((creator) => [creator.name, creator] as const))("the creator %s", (_, creator: Creator) => {
  const engine = creatorEngine(creator);
  afterAll(() => engine.close?.());

  it("says what it is: narrow, with a note and controls of its own that JSON Schema describes", async () => {
    for (const model of await engine.models()) {
      expect(model).toMatchObject({
        narrow: true,
        id: expect.stringMatching(/^inkseal-/),
        note: expect.stringMatching(/\w{4}/),
      });
      expect(model.controls).toMatchObject({ type: "object", properties: expect.any(Object) });
      expect(model.tasks.every((task) => creator.tasks.includes(task))).toBe(true);
    }
  });

  it("refuses controls that it does not have, by name", async () => {
    const refused = all({ own: { nonsense: 1 } });
    await expect(refused).rejects.toMatchObject({ code: "bad-request", message: expect.stringContaining("nonsense") });
  });

  async function all(controls: Controls): Promise<Chunk[]> {
    const brief = parseBrief({ task: creator.tasks[0]!, text: "秋夜 C1CCCCC1", controls });
    const { id } = creator.models[0]!;
    const plan: Plan = { kind: "plan", version: 1, brief, engine, model: id, seed: 1, warnings: [] };
    const chunks: Chunk[] = [];
    for await (const batch of engine.generate(plan, AbortSignal.timeout(20_000))) chunks.push(...batch);
    return chunks;
  }
});

it("has no two creators of one name", () => {
  expect(new Set(creators.map(({ name }) => name)).size).toBe(creators.length);
});

describe("words that creators write", () => {
  const wordMark: WordMark = { method: "inkseal.text.1", key: new Uint8Array(32).fill(7), keyId: "00" };
  const engines = ["verse", "code"].map((name) => creatorEngine(creators.find((c) => c.name === name)!));
  afterAll(() => Promise.all(engines.map((engine) => engine.close?.())));

  async function said(at: number, text: string, controls: Controls, mark?: WordMark): Promise<Chunk> {
    const engine = engines[at]!;
    const brief = parseBrief({ task: "completion", text, controls });
    const { id } = (await engine.models())[0]!;
    const plan: Plan = {
      kind: "plan",
      version: 1,
      brief,
      engine,
      model: id,
      seed: 5,
      ...(mark && { wordMark: mark }),
      warnings: [],
    };
    let last: Chunk | undefined;
    for await (const batch of engine.generate(plan, AbortSignal.timeout(20_000))) last = batch.at(-1);
    return last!;
  }

  it.each([
    [0, "写一首七言律诗，秋夜", {}],
    [
      1,
      "export function total(items: Item[]): number {\n",
      { temperature: 1, topP: 1, maxTokens: 120, own: { lines: 20, balance: false } },
    ],
  ] as const)("are marked, say so, and are found again (%i)", async (at, text, controls) => {
    const { text: words, mark } = await said(at, text, controls, wordMark);
    expect(mark).toMatchObject({ layer: "watermark", method: "inkseal.text.1", data: { key: "00" } });
    const [cut] = await engines[at]!.tokens!(words!);
    expect(detectText(cut!.ids, wordMark.key, cut!.ways)!.chance).toBeLessThan(1e-6);
    expect((await said(at, text, controls, wordMark)).text).toBe(words);
    const plain = await said(at, text, controls);
    expect(plain.mark).toBeUndefined();
    const [other] = await engines[at]!.tokens!(plain.text!);
    expect(detectText(other!.ids, wordMark.key, other!.ways)!.chance).toBeGreaterThan(1e-4);
  });

  it("bear no mark where the likeliest token is always taken", async () => {
    const chunk = await said(1, "const x = ", { temperature: 0 }, wordMark);
    expect(chunk.text).not.toBe("");
    expect(chunk.mark).toBeUndefined();
  });
});
