import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Brief, type BriefInput, type Chunk, type Plan, parseBrief } from "@inkseal/core";
import { wordMarkOf } from "@inkseal/mark";
import { testEngine, writeTinyGguf, writeTinyLora } from "@inkseal/testkit";
import { afterAll, describe, expect, it } from "vitest";
import { llamaEngine } from "./llama.ts";

const folder = await mkdtemp(join(tmpdir(), "inkseal-llama-"));
const small = { folder, threads: 1, gpu: false } as const;
const engine = llamaEngine(small);
await mkdir(join(folder, "org"));
await Promise.all([
  writeTinyGguf(join(folder, "tiny.gguf")),
  writeTinyGguf(join(folder, "org/coder.gguf"), { seed: 3, infill: true, context: 512 }),
  writeTinyLora(join(folder, "mood.lora.gguf")),
  writeFile(join(folder, "broken.gguf"), "GGUF but no more"),
  writeFile(join(folder, "tiny.mmproj.gguf"), "a projector"),
  writeFile(join(folder, "half.gguf.part"), "a download"),
]);
afterAll(async () => {
  await engine.close?.();
  await rm(folder, { recursive: true });
});

const say = (content: unknown): BriefInput["messages"] => [{ role: "user", content }] as BriefInput["messages"];
const planOf = (model: string, input: Partial<BriefInput>, by = engine): Plan => {
  const brief = parseBrief({ task: "chat", ...input } as BriefInput);
  return { kind: "plan", version: 1, brief, engine: by, model, seed: brief.controls.seed, warnings: [] };
};
async function run(model: string, input: Partial<BriefInput>, by = engine): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const batch of by.generate(planOf(model, input, by), new AbortController().signal)) chunks.push(...batch);
  return chunks;
}
const textOf = (chunks: readonly Chunk[], index = 0): string =>
  chunks.map((c) => (c.index === index ? (c.text ?? "") : "")).join("");
const finishOf = (chunks: readonly Chunk[]): string | undefined => chunks.find((c) => c.finish)?.finish;

testEngine("llama", () => ({ engine: llamaEngine(small) }), {
  chat: {
    model: "tiny",
    brief: { messages: say("the sea"), controls: { maxTokens: 12 } },
    long: { model: "tiny", brief: { messages: say("the sea"), controls: { maxTokens: 1_500 } } },
  },
  completion: {
    model: "tiny",
    brief: { text: "the sea is", controls: { maxTokens: 12 } },
    long: { model: "tiny", brief: { text: "the sea is" } },
  },
  infill: { model: "org/coder", brief: { text: "the", suffix: "blue", controls: { maxTokens: 12 } } },
  embedding: { model: "tiny", brief: { texts: ["the sea", "is blue", "人工智能"] } },
});

describe("llama: text", () => {
  it("says the same words for the same seed, others for another, the likeliest when cold", async () => {
    const controls = { maxTokens: 24, temperature: 1 };
    const of = async (seed?: number, temperature = 1): Promise<string> =>
      textOf(await run("tiny", { messages: say("the sea"), controls: { ...controls, temperature, ...(seed && { seed }) } }));
    const first = await of(7);
    await of(); // leaves something else in the context
    expect(await of(7)).toBe(first);
    expect(await of(8)).not.toBe(first);
    expect(await of(1, 0)).toBe(await of(2, 0));
    for (const task of ["completion", "infill"] as const) {
      const fill = async (): Promise<string> =>
        textOf(
          await run("org/coder", {
            task,
            text: "the",
            suffix: task === "infill" ? "blue" : undefined,
            controls: { ...controls, seed: 5 },
          }),
        );
      expect(await fill()).toBe(await fill());
    }
  });
  it("puts a watermark on words that are drawn, not on those that a grammar binds, and finds their tokens again", async () => {
    const wordMark = wordMarkOf(new Uint8Array(32).fill(7));
    const marked = async (task: "chat" | "completion", more: Brief["controls"]): Promise<Chunk[]> => {
      const chunks: Chunk[] = [];
      const controls = { maxTokens: 150, seed: 3, temperature: 1.5, topP: 1, topK: 0, minP: 0, ...more };
      const plan = planOf("tiny", { task, text: "the sea", messages: say("the sea"), controls });
      for await (const batch of engine.generate({ ...plan, wordMark }, new AbortController().signal)) chunks.push(...batch);
      return chunks;
    };
    for (const task of ["chat", "completion"] as const) {
      const one = await marked(task, {});
      expect(textOf(await marked(task, {}))).toBe(textOf(one));
      const mark = one.at(-1)?.mark;
      expect(mark).toMatchObject({ layer: "watermark", method: "inkseal.text.1", data: { key: wordMark.keyId } });
      expect(mark!.data!.tokens).toBeGreaterThan(8);
      expect((await marked(task, { temperature: 0 })).at(-1)?.mark).toBeUndefined();
      const bound = await marked(task, { grammar: 'root ::= ("the" | "sea")+' });
      expect(textOf(bound)).toMatch(/^(the|sea)+/);
      expect(bound.at(-1)?.mark).toBeUndefined();
    }
    const [reading] = (await engine.tokens?.("the sea is blue"))!;
    expect(reading!.models).toContain("tiny");
    expect(reading!.ids.length).toBeGreaterThan(3);
  });
  it("stops at its limit, at stop strings, which it does not say, and where the context ends", async () => {
    const cut = await run("tiny", { task: "completion", text: "sea", controls: { maxTokens: 9, seed: 1 } });
    expect(finishOf(cut)).toBe("length");
    expect(cut.at(-1)?.usage).toMatchObject({ outputTokens: 9 });
    expect(cut.at(-1)?.usage?.inputTokens).toBeGreaterThan(1);
    for (const task of ["chat", "completion"] as const) {
      const plain = textOf(await run("tiny", { task, text: "sea", controls: { maxTokens: 60, seed: 1 } }));
      const stop = plain.slice(20, 22);
      const stopped = await run("tiny", {
        task,
        text: "sea",
        stream: true,
        controls: { maxTokens: 60, seed: 1, stop: [stop] },
      });
      expect(textOf(stopped)).toBe(plain.slice(0, plain.indexOf(stop)));
      expect(finishOf(stopped)).toBe("stop");
      const full = await run("org/coder", { task, text: "the sea is blue", controls: { seed: 2 } });
      expect(finishOf(full)).toBe("length");
      const { inputTokens = 0, outputTokens = 0 } = full.at(-1)?.usage ?? {};
      expect(inputTokens + outputTokens).toBeGreaterThan(480);
      expect(inputTokens + outputTokens).toBeLessThanOrEqual(512);
    }
  });
  it("refuses a prompt longer than the context, with both figures", async () => {
    for (const task of ["chat", "completion", "infill", "embedding"] as const) {
      const brief = { task, text: "the sea is blue ".repeat(200) };
      await expect(run("org/coder", brief)).rejects.toMatchObject({ code: "too-large", message: expect.stringMatching(/512/) });
    }
  });
  it("streams whole characters, also where one takes several tokens", async () => {
    const grammar = 'root ::= "🌊人é😀"+';
    for (const task of ["chat", "completion"] as const) {
      for (const maxTokens of [1, 2, 3, 5, 8, 30]) {
        const chunks = await run("tiny", { task, text: "x", stream: true, controls: { grammar, maxTokens } });
        for (const { text } of chunks) expect(text ?? "").toMatch(/^[🌊人é😀]*$/u);
        expect("🌊人é😀".repeat(10).startsWith(textOf(chunks))).toBe(true);
      }
    }
  });
  it("makes several choices, each with its own words and end", async () => {
    const chunks = await run("tiny", { text: "sea", controls: { n: 3, maxTokens: 16, seed: 4 } });
    expect(chunks.map((c) => c.index)).toEqual([0, 1, 2]);
    expect(new Set(chunks.map((c) => c.text)).size).toBe(3);
    expect(chunks.filter((c) => c.usage)).toHaveLength(1);
    expect(chunks.at(-1)?.usage?.outputTokens).toBe(48);
  });
  it("reuses the beginning of a prompt that it has seen", async () => {
    const own = llamaEngine(small);
    const messages = say("the sea is blue, the sea is the sea");
    await run("tiny", { messages, controls: { maxTokens: 4 } }, own);
    const again = await run("tiny", { messages, controls: { maxTokens: 4 } }, own);
    const { inputTokens = 0, cachedTokens = 0 } = again.at(-1)?.usage ?? {};
    expect(cachedTokens).toBe(inputTokens - 1);
    await own.close?.();
  });
  it("takes a conversation of all roles, and penalties", async () => {
    const messages = [
      { role: "system", content: "be brief" },
      { role: "user", content: [{ type: "text", text: "sea?" }] },
      { role: "assistant", content: "blue" },
      { role: "developer", content: "calm" },
      { role: "user", content: "why?" },
    ] as BriefInput["messages"];
    const of = async (controls: BriefInput["controls"]): Promise<Chunk[]> =>
      run("tiny", { messages, controls: { maxTokens: 40, seed: 3, temperature: 1, ...controls } });
    const plain = await of({});
    expect(plain[0]?.usage?.inputTokens).toBeGreaterThan(30);
    const varied = await of({ frequencyPenalty: 2, presencePenalty: 2 });
    expect(new Set(textOf(varied)).size).toBeGreaterThan(new Set(textOf(plain)).size);
    for (const controls of [{ topK: 1 }, { topP: 0 }, { minP: 1 }])
      expect(textOf(await of({ ...controls, seed: 1 }))).toBe(textOf(await of({ ...controls, seed: 2 })));
  });
  it("looks at no pictures and fills no holes that the model cannot", async () => {
    const picture = [{ type: "image_url", image_url: { url: "https://pictures.example/a.png" } }];
    await expect(run("tiny", { messages: say(picture) })).rejects.toMatchObject({
      code: "cannot-do",
      message: expect.stringContaining("words only"),
    });
    await expect(run("tiny", { task: "infill", text: "a", suffix: "b" })).rejects.toMatchObject({
      code: "cannot-do",
      message: expect.stringContaining("fill-in-the-middle"),
    });
  });
});

describe("llama: tools", () => {
  const tools = [
    {
      type: "function",
      function: {
        name: "weather",
        parameters: {
          type: "object",
          properties: { city: { enum: ["Xi'an", "Bern"] }, wet: { anyOf: [{ type: "boolean" }, { $ref: "#/$defs/none" }] } },
          required: ["city", "wet"],
          additionalProperties: false,
          $defs: { none: { type: "null" } },
        },
      },
    },
    { type: "function", function: { name: "now" } },
  ];
  const messages = [
    { role: "user", content: "weather?" },
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "call_0_0", type: "function", function: { name: "weather", arguments: '{"city":"Bern"}' } }],
    },
    { role: "tool", tool_call_id: "call_0_0", content: "rain" },
    { role: "user", content: "so?" },
  ] as BriefInput["messages"];
  it("calls when it must, with arguments that fit, under ids of their own", async () => {
    for (const stream of [true, false]) {
      const chunks = await run("tiny", { stream, messages, controls: { tools, toolChoice: "required", seed: 1 } });
      const calls = chunks.flatMap((c) => c.toolCalls ?? []);
      expect(calls[0]).toMatchObject({ call: 0, id: "call_0_1", name: expect.stringMatching(/^(weather|now)$/) });
      const args = JSON.parse(calls.map((c) => (c.call === 0 ? (c.arguments ?? "") : "")).join("")) as Record<string, unknown>;
      if (calls[0]?.name === "weather") {
        expect(["Xi'an", "Bern"]).toContain(args.city);
        expect([true, false, null]).toContain(args.wet);
      }
      expect(finishOf(chunks)).toBe("tool_calls");
      expect(textOf(chunks)).toBe("");
    }
  });
  it("calls the one that is named, none where none is wanted, and takes results back", async () => {
    const named = await run("tiny", {
      messages,
      controls: { tools, toolChoice: { type: "function", function: { name: "now" } } },
    });
    expect(named[0]?.toolCalls).toMatchObject([{ name: "now", arguments: expect.stringMatching(/^\{\s*\}\s*$/) }]);
    const none = await run("tiny", { messages, controls: { tools, toolChoice: "none", maxTokens: 4 } });
    expect(textOf(none)).not.toBe("");
    const more = await run("tiny", { messages: messages?.slice(0, 3), controls: { tools, maxTokens: 4 } });
    expect(more.at(-1)?.usage?.inputTokens).toBeGreaterThan(none.at(-1)?.usage?.inputTokens ?? 0); // they are told of
  });
  it("refuses what does not go together", async () => {
    const of = (controls: BriefInput["controls"], m = messages): Promise<Chunk[]> => run("tiny", { messages: m, controls });
    await expect(of({ tools, schema: true })).rejects.toMatchObject({ code: "cannot-do" });
    const nobody = { type: "function", function: { name: "nobody" } };
    await expect(of({ tools, toolChoice: nobody })).rejects.toMatchObject({ code: "bad-request" });
    await expect(of({ tools }, messages?.slice(2))).rejects.toMatchObject({ code: "bad-request" });
  });
});

describe("llama: embeddings", () => {
  it("makes vectors of length 1, the same for the same text, shorter when asked", async () => {
    const chunks = await run("tiny", { task: "embedding", texts: ["the sea", "blue", "the sea"] });
    expect(chunks.map((c) => c.index)).toEqual([0, 1, 2]);
    const [a, b, c] = chunks.map((x) => x.vector as number[]);
    for (const v of [a, b, c]) expect(Math.hypot(...(v ?? []))).toBeCloseTo(1, 6);
    expect(a).toHaveLength(64);
    expect(c).toEqual(a);
    expect(b).not.toEqual(a);
    expect(chunks.at(-1)?.usage?.inputTokens).toBeGreaterThan(5);
    const [short] = await run("tiny", { task: "embedding", text: "the sea", controls: { dimensions: 16 } });
    expect(short?.vector).toHaveLength(16);
    expect(Math.hypot(...(short?.vector ?? []))).toBeCloseTo(1, 6);
    expect((short?.vector?.[1] ?? 0) / (short?.vector?.[0] ?? 1)).toBeCloseTo((a?.[1] ?? 0) / (a?.[0] ?? 1), 6);
  });
  it("refuses more dimensions than there are, and empty texts", async () => {
    await expect(run("tiny", { task: "embedding", text: "x", controls: { dimensions: 65 } })).rejects.toMatchObject({
      code: "bad-request",
    });
    await expect(run("tiny", { task: "embedding", texts: ["x", ""] })).rejects.toMatchObject({ code: "bad-request" });
  });
});

describe("llama: files", () => {
  it("lists what it can load, with what each can do", async () => {
    const list = await engine.models();
    expect(list.map((m) => m.id)).toEqual(["org/coder", "tiny"]);
    expect(list[0]).toMatchObject({ tasks: ["chat", "completion", "infill", "embedding"], context: 512 });
    expect(list[1]).toMatchObject({ tasks: ["chat", "completion", "embedding"], context: 2_048, schema: true, logits: true });
    expect(list[1]).toMatchObject({ licence: "cc0-1.0", tools: true });
  });
  it("wears adapters, at a scale", async () => {
    const of = async (model: string): Promise<string> =>
      textOf(await run(model, { task: "completion", text: "the sea", controls: { maxTokens: 30, temperature: 0 } }));
    const plain = await of("tiny");
    expect(await of("tiny+mood")).not.toBe(plain);
    expect(await of("tiny+mood@0")).toBe(plain);
    expect(await of("tiny+mood.lora.gguf@1")).toBe(await of("tiny+mood"));
    await expect(of("tiny+mood@9")).rejects.toMatchObject({ code: "bad-request" });
    await expect(of("tiny+nobody")).rejects.toMatchObject({ code: "unknown-model" });
  });
  it("takes its own absolute path; no file outside, no broken one", async () => {
    const of = (model: string): Promise<Chunk[]> => run(model, { text: "a", controls: { maxTokens: 2 } });
    expect(finishOf(await of(join(folder, "tiny.gguf")))).toBe("length");
    const outside = `${folder}-outside.gguf`;
    await writeTinyGguf(outside);
    const name = outside.split("/").at(-1) as string;
    for (const model of [outside, `../${name}`, `org/../../${name}`, `org/../tiny`, "nobody", ""])
      await expect(of(model)).rejects.toMatchObject({ code: "unknown-model" });
    await rm(outside);
    await expect(of("broken")).rejects.toMatchObject({ code: "bad-file" });
    await expect(of("tiny.mmproj")).rejects.toMatchObject({ code: "unknown-model" });
  });
  it("says whether it works, and how many models there are", async () => {
    expect(await engine.probe()).toMatchObject({ ok: true, detail: expect.stringContaining("2 models, 1 broken") });
    const empty = llamaEngine({ ...small, folder: join(folder, "nowhere") });
    expect(await empty.models()).toEqual([]);
    expect(await empty.probe()).toMatchObject({ ok: true, fix: expect.stringContaining("inkseal models pull") });
    await empty.close?.();
  });
});

describe("llama: files that llama.cpp does not survive", () => {
  it("are found out in another process, once for each change", async () => {
    const own = llamaEngine(small);
    const path = join(folder, "deadly.gguf");
    const bytes = await readFile(join(folder, "tiny.gguf"));
    const key = "llama.attention.head_count"; // its default of no heads is asserted against
    bytes.write("_", bytes.indexOf(key) + key.lastIndexOf("."));
    await writeFile(path, bytes);
    const of = (): Promise<Chunk[]> => run("deadly", { task: "completion", text: "a", controls: { maxTokens: 1 } }, own);
    await expect(of()).rejects.toMatchObject({ code: "bad-file", message: expect.stringContaining("SIGABRT") });
    await expect(of()).rejects.toMatchObject({ code: "bad-file" });
    await writeTinyGguf(path);
    await utimes(path, 1, 1);
    expect(finishOf(await of())).toBe("length");
    expect(await readFile(join(folder, ".tried.json"), "utf8")).toContain("deadly.gguf");
    expect((await readdir(folder)).filter((n) => n.startsWith(".tried.json."))).toEqual([]);
    await rm(path);
    await own.close?.();
  });
  it("counts several parts as one model, and says which are missing", async () => {
    const parts = [1, 2].map((n) => join(folder, `org/large-0000${n}-of-00002.gguf`));
    await writeTinyGguf(parts[0] as string);
    await expect(run("org/large", { text: "a" })).rejects.toMatchObject({ code: "bad-file", message: /1 of its 2 parts/ });
    await writeTinyGguf(parts[1] as string);
    const list = await engine.models();
    expect(list.map((m) => m.id)).toEqual(["org/coder", "org/large", "tiny"]);
    for (const path of parts) await rm(path);
  });
});

describe("llama: grammars of callers", () => {
  const of = (grammar: string): Promise<Chunk[]> =>
    run("tiny", { task: "completion", text: "a", controls: { grammar, maxTokens: 20, seed: 1 } });
  it("are kept", async () => {
    const chunks = await of('root ::= ("sea" | "blue") " " [0-9]{3}');
    expect(textOf(chunks)).toMatch(/^(sea|blue) \d{3}$/);
    expect(finishOf(chunks)).toBe("stop");
  });
  it.each([
    ["is none", "root"],
    ["has no root", 'other ::= "a"'],
    ["names a rule that is not there", "root ::= nobody"],
    ["goes round in circles", 'root ::= root "a"'],
    ["is empty", ""],
    ["is too long", `root ::= "${"a".repeat(200_000)}"`],
    ["nests too deep", `root ::= ${"(".repeat(5_000)}"a"${")".repeat(5_000)}`],
    ["repeats repetitions", 'root ::= ((("a"{2000}){2000}){2000}){2000}'],
  ])("are refused when it %s", async (_, grammar) => {
    await expect(of(grammar)).rejects.toMatchObject({ code: "bad-request", details: { param: "grammar" } });
  });
  it("do not go with a schema", async () => {
    const both = run("tiny", { text: "a", controls: { grammar: 'root ::= "a"', schema: true } });
    await expect(both).rejects.toMatchObject({ code: "bad-request" });
  });
});

describe("llama: memory and queues", () => {
  it("holds one model where it may hold one, and serves both by turns", async () => {
    const own = llamaEngine({ ...small, models: 1 });
    const runs = ["tiny", "org/coder", "tiny", "org/coder"].map((m) =>
      run(m, { text: "sea", controls: { maxTokens: 8 } }, own),
    );
    for (const chunks of await Promise.all(runs)) expect(finishOf(chunks)).toBe("length");
    await own.close?.();
  });
  it("lets a few wait and refuses the rest at once", async () => {
    const own = llamaEngine({ ...small, parallel: 1, waiting: 1 });
    await run("tiny", { text: "sea", controls: { maxTokens: 1 } }, own);
    const runs = await Promise.allSettled(
      [1, 2, 3, 4].map(() => run("tiny", { text: "sea", controls: { maxTokens: 100 } }, own)),
    );
    const refused = runs.filter((r) => r.status === "rejected");
    expect(refused.map((r) => r.reason.code)).toEqual(["overloaded", "overloaded"]);
    await own.close?.();
  });
  it("waits for a reader that is slow, and ends when closed", async () => {
    const own = llamaEngine({ ...small, context: 2_048 });
    const reading = own.generate(
      planOf("tiny", { task: "completion", text: "s", stream: true }, own),
      new AbortController().signal,
    );
    let characters = 0;
    for await (const batch of reading) {
      characters += batch.reduce((sum, c) => sum + (c.text?.length ?? 0), 0);
      if (characters < 400) await new Promise((r) => setTimeout(r, 1));
    }
    expect(characters).toBeGreaterThan(1_000);
    await own.close?.();
    await expect(run("tiny", { text: "s" }, own)).rejects.toMatchObject({ code: "shutting-down" });
  });
});
