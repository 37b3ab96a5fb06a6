import { type BriefInput, type Chunk, type Engine, InksealError, type Plan, parseBrief, type Task } from "@inkseal/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** What to ask an engine in one of its tasks. */
export interface EngineCase {
  readonly model: string;
  /** Without `task` and `model`. */
  readonly brief: Omit<BriefInput, "task" | "model">;
  /** A model or brief whose output goes on long enough to be stopped in its midst. Left out: stopping is not tested there. */
  readonly long?: { readonly model: string; readonly brief: Omit<BriefInput, "task" | "model"> };
}

export interface EngineUnderTest {
  readonly engine: Engine;
  close?(): Promise<void>;
}

/**
 * What every engine owes its callers (see `Engine` in core), asked once for each task.
 * @example testEngine("openai", async () => ({ engine }), { chat: { model: "echo", brief: { text: "hi" } } });
 */
export function testEngine(
  name: string,
  make: () => Promise<EngineUnderTest> | EngineUnderTest,
  tasks: Partial<Record<Task, EngineCase>>,
): void {
  describe(`the engine ${name}`, () => {
    let under: EngineUnderTest;
    beforeAll(async () => {
      under = await make();
    });
    afterAll(async () => {
      await under.engine.close?.();
      await under.close?.();
    });
    const planOf = (task: Task, model: string, input: EngineCase["brief"]): Plan => ({
      kind: "plan",
      version: 1,
      brief: parseBrief({ ...input, task, model: `${under.engine.name}/${model}` } as BriefInput),
      engine: under.engine,
      model,
      seed: undefined,
      warnings: [],
    });

    it("has a name that fits `engine/model`, and declares its tasks", async () => {
      expect(under.engine.name).toMatch(/^[a-z0-9][a-z0-9.-]*$/);
      expect(under.engine.tasks).toEqual(expect.arrayContaining(Object.keys(tasks)));
      for (const model of await under.engine.models().catch(onlyInkseal)) {
        expect(model.id).not.toBe("");
        for (const task of model.tasks) expect(under.engine.tasks).toContain(task);
      }
    });

    for (const [task, { model, brief, long }] of Object.entries(tasks) as [Task, EngineCase][]) {
      describe(task, () => {
        for (const stream of [false, true]) {
          it(`answers well-formed batches, ${stream ? "streamed" : "whole"}`, async () => {
            const batches = await collect(under.engine, planOf(task, model, { ...brief, stream }));
            for (const batch of batches) {
              expect(Array.isArray(batch)).toBe(true);
              expect(batch.length).toBeGreaterThan(0);
            }
            const chunks = batches.flat();
            expectContent(task, chunks);
            expectFinishes(chunks);
            expectMedia(chunks);
            expectCalls(chunks);
            for (const { usage } of chunks)
              for (const figure of Object.values(usage ?? {}))
                if (figure !== undefined) expect(figure).toBeGreaterThanOrEqual(0);
          });
        }
        it("serves several at once", async () => {
          const runs = await Promise.all(
            [0, 1, 2].map(() => collect(under.engine, planOf(task, model, { ...brief, stream: false }))),
          );
          for (const batches of runs) expectFinishes(batches.flat());
        });
        it("does nothing for a run that is over before it begins", async () => {
          const stopped = collect(under.engine, planOf(task, model, brief), AbortSignal.abort());
          await expect(stopped).rejects.toSatisfy(isStop);
        });
        if (long === undefined) return;
        it("stops promptly when aborted in its midst, and can be asked again", async () => {
          const stop = new AbortController();
          const plan = planOf(task, long.model, { ...long.brief, stream: true });
          let after = 0;
          const run = async (): Promise<void> => {
            for await (const _ of under.engine.generate(plan, stop.signal)) {
              if (stop.signal.aborted) after++;
              stop.abort();
            }
          };
          await run().catch((error: unknown) => expect(error).toSatisfy(isStop));
          expect(stop.signal.aborted).toBe(true);
          expect(after).toBeLessThanOrEqual(1); // a batch that was under way
          expectFinishes((await collect(under.engine, planOf(task, model, brief))).flat());
        });
        it("stops when its reader leaves", async () => {
          const plan = planOf(task, long.model, { ...long.brief, stream: true });
          for await (const batch of under.engine.generate(plan, new AbortController().signal)) {
            expect(batch.length).toBeGreaterThan(0);
            break;
          }
          expectFinishes((await collect(under.engine, planOf(task, model, brief))).flat());
        });
      });
    }

    it("refuses a task that it does not have, with an error of ours", async () => {
      const strange = (["music", "video", "moderation", "infill"] as const).find((t) => !under.engine.tasks.includes(t));
      if (strange === undefined) return;
      await expect(collect(under.engine, planOf(strange, "any", { text: "x" }))).rejects.toSatisfy(InksealError.is);
    });
  });
}

async function collect(engine: Engine, plan: Plan, signal = new AbortController().signal): Promise<(readonly Chunk[])[]> {
  const batches: (readonly Chunk[])[] = [];
  for await (const batch of engine.generate(plan, signal)) batches.push(batch);
  return batches;
}

function onlyInkseal(error: unknown): readonly [] {
  expect(InksealError.is(error)).toBe(true);
  return [];
}

/** An abort ends in `cancelled`, or in the signal's own reason. */
const isStop = (error: unknown): boolean =>
  (InksealError.is(error) && error.code === "cancelled") || (error as Error)?.name === "AbortError";

function expectContent(task: Task, chunks: readonly Chunk[]): void {
  const some = (has: (chunk: Chunk) => boolean): void => expect(chunks.some(has)).toBe(true);
  if (task === "embedding") some((c) => c.vector !== undefined && c.vector.length > 0);
  else if (task === "moderation") some((c) => c.json !== undefined);
  else if (task === "transcription" || task === "completion" || task === "infill") some((c) => Boolean(c.text));
  else if (task === "chat") some((c) => Boolean(c.text) || c.toolCalls !== undefined || Boolean(c.refusal));
  else some((c) => c.media !== undefined);
}

/** Every choice with content finishes, once, and says nothing afterwards. */
function expectFinishes(chunks: readonly Chunk[]): void {
  const finished = new Set<number>();
  const spoken = new Set<number>();
  for (const c of chunks) {
    const content = c.text || c.reasoning || c.refusal || c.toolCalls || c.media || c.vector || c.json;
    if (content) {
      expect(finished.has(c.index), `choice ${c.index} goes on after its finish`).toBe(false);
      spoken.add(c.index);
    }
    if (c.finish !== undefined) {
      expect(finished.has(c.index), `choice ${c.index} finishes twice`).toBe(false);
      finished.add(c.index);
    }
  }
  expect(finished.size).toBeGreaterThan(0);
  for (const index of spoken) expect(finished.has(index), `choice ${index} never finishes`).toBe(true);
}

/** Each file has one type, bytes, and exactly one last piece, at its end. */
function expectMedia(chunks: readonly Chunk[]): void {
  const files = new Map<number, { type: string; size: number; last: boolean }>();
  for (const { index, media } of chunks) {
    if (media === undefined) continue;
    expect(media.mediaType).toMatch(/^[a-z]+\/[a-z0-9.+-]+/);
    const file = files.get(index) ?? { type: media.mediaType, size: 0, last: false };
    expect(file.last, `more of file ${index} after its last piece`).toBe(false);
    expect(media.mediaType).toBe(file.type);
    files.set(index, { type: file.type, size: file.size + media.bytes.length, last: media.last });
  }
  for (const file of files.values()) {
    expect(file.size).toBeGreaterThan(0);
    expect(file.last).toBe(true);
  }
}

/** Calls are numbered from 0 in each choice, begin with a name, and their arguments join to JSON. */
function expectCalls(chunks: readonly Chunk[]): void {
  const calls = new Map<string, { name: string; text: string }>();
  for (const { index, toolCalls } of chunks) {
    for (const delta of toolCalls ?? []) {
      const key = `${index}.${delta.call}`;
      const call = calls.get(key) ?? { name: "", text: "" };
      calls.set(key, { name: call.name + (delta.name ?? ""), text: call.text + (delta.arguments ?? "") });
      if (delta.call > 0) expect(calls.has(`${index}.${delta.call - 1}`)).toBe(true);
    }
  }
  for (const { name, text } of calls.values()) {
    expect(name).not.toBe("");
    expect(() => JSON.parse(text)).not.toThrow();
  }
}
