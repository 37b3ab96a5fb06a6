import { type Chunk, type Controls, type Plan, parseBrief } from "@inkseal/core";
import { type Creator, creators } from "@inkseal/creators";
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
