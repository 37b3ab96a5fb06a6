import { type Brief, type BriefInput, type Chunk, type Engine, type Plan, parseBrief } from "@inkseal/core";
import { startUpstream, testEngine, tinyPng, tinyWav, type Upstream } from "@inkseal/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { undiciTransport } from "../transport.ts";
import { openaiEngine } from "./openai.ts";

const key = "sk-test-0123456789abcdef0123456789";
const picture = { name: "a.png", mediaType: "image/png", bytes: new Uint8Array(tinyPng(8, 8)), role: "image" };
const recording = { name: "a.wav", mediaType: "audio/wav", bytes: new Uint8Array(tinyWav(0.1)), role: "audio" };
const say = (content: string): Brief["messages"] => [{ role: "user", content }];

testEngine(
  "openai",
  async () => {
    const upstream = await startUpstream();
    const transport = undiciTransport();
    return {
      engine: openaiEngine({ name: "openai", baseUrl: upstream.url, apiKey: key, place: "cloud", transport }),
      close: async () => {
        await transport.close();
        await upstream.close();
      },
    };
  },
  {
    chat: {
      model: "echo",
      brief: { messages: say("hello 你好 there") },
      long: { model: "slow", brief: { messages: say("go") } },
    },
    completion: { model: "echo", brief: { text: "once upon a time" } },
    infill: { model: "echo", brief: { text: "def f():", suffix: "return x" } },
    embedding: { model: "text-embedding-test", brief: { texts: ["a", "bb"] } },
    image: { model: "draw", brief: { text: "a boat" } },
    "image-edit": { model: "draw", brief: { text: "a boat", files: [picture] } },
    speech: { model: "tts", brief: { text: "hello" } },
    transcription: { model: "whisper", brief: { files: [recording] } },
    moderation: { model: "moderation", brief: { text: "hello" } },
  },
);

describe("openaiEngine", () => {
  const transport = undiciTransport();
  let upstream: Upstream;
  let engine: Engine;
  beforeAll(async () => {
    upstream = await startUpstream();
    engine = make();
  });
  afterAll(async () => {
    await transport.close();
    await upstream.close();
  });
  const make = (more: Partial<Parameters<typeof openaiEngine>[0]> = {}): Engine =>
    openaiEngine({ name: "up", baseUrl: `${upstream.url}/`, apiKey: key, place: "cloud", transport, idleMs: 300, ...more });
  const planOf = (model: string, brief: Partial<BriefInput>, by = engine): Plan => ({
    kind: "plan",
    version: 1,
    brief: parseBrief({ task: "chat", model, messages: say("one two"), ...brief } as BriefInput),
    engine: by,
    model,
    seed: undefined,
    warnings: [],
  });
  async function run(model: string, brief: Partial<BriefInput> = {}, by = engine): Promise<Chunk[]> {
    const chunks: Chunk[] = [];
    for await (const batch of by.generate(planOf(model, brief, by), new AbortController().signal)) chunks.push(...batch);
    return chunks;
  }
  const sent = (): Record<string, unknown> => upstream.seen.at(-1)?.body ?? {};
  const words = (chunks: readonly Chunk[]): string => chunks.map((c) => c.text ?? "").join("");

  it("passes parameters it does not know, with the guarded messages and the engine's own model", async () => {
    const params = { model: "up/echo", messages: say("unguarded"), logit_bias: { "5": 1 }, x_vendor: { deep: [1, null] } };
    const [chunk] = await run("echo", { wire: { dialect: "openai.chat", params } });
    expect(sent()).toEqual({ ...params, model: "echo", messages: say("one two"), stream: false });
    expect(upstream.seen.at(-1)?.headers.authorization).toBe(`Bearer ${key}`);
    expect(chunk?.text).toBe("one two");
    expect(JSON.parse(chunk?.wire?.text as string)).toEqual(chunk?.wire?.json);
    expect(chunk?.wire?.json).toMatchObject({ x_unknown: { kept: true } });
  });
  it("speaks OpenAI's words for the controls of briefs from elsewhere, and gives them no wire", async () => {
    const schema = { type: "object" };
    const chunks = await run("json", { controls: { temperature: 0.5, maxTokens: 9, schema, stop: ["x"] } });
    expect(sent()).toMatchObject({
      temperature: 0.5,
      max_tokens: 9,
      stop: ["x"],
      response_format: { type: "json_schema", json_schema: { schema } },
    });
    expect(sent()).not.toHaveProperty("top_p");
    expect(JSON.parse(words(chunks))).toEqual({ name: "Li Lei", age: 9 });
    expect(chunks[0]).toMatchObject({ wire: undefined, usage: { inputTokens: 9 } });
    await run("echo", { controls: { maxTokens: 9 } }, make({ maxTokensName: "max_completion_tokens" }));
    expect(sent()).toMatchObject({ max_completion_tokens: 9 });
    expect(sent()).not.toHaveProperty("max_tokens");
  });
  it("streams the provider's own events, and keeps the usage that only it asked for to itself", async () => {
    const params = { messages: say("x"), stream: true };
    const chunks = await run("echo", { stream: true, wire: { dialect: "openai.chat", params } });
    expect(sent().stream_options).toEqual({ include_usage: true });
    expect(words(chunks)).toBe("one two");
    const usage = chunks.filter((c) => c.usage !== undefined);
    expect(usage).toEqual([{ index: 0, usage: expect.objectContaining({ inputTokens: 9, outputTokens: 2 }) }]);
    for (const c of chunks.slice(0, -1)) expect(JSON.parse(c.wire?.text as string)).toEqual(c.wire?.json);

    const asked = { ...params, stream_options: { include_usage: true } };
    const last = (await run("echo", { stream: true, wire: { dialect: "openai.chat", params: asked } })).at(-1);
    expect(last).toMatchObject({ usage: { inputTokens: 9 }, wire: { json: { choices: [] } } });
  });
  it("asks a provider that refuses stream_options once and never again", async () => {
    const strict = make();
    const before = upstream.seen.length;
    for (let i = 0; i < 2; i++) expect(words(await run("no-usage", { stream: true }, strict))).toBe("one two");
    expect(upstream.seen.length - before).toBe(3);
  });
  it("reads reasoning and tool calls, whole and in pieces", async () => {
    for (const stream of [false, true]) {
      expect((await run("reason", { stream })).map((c) => c.reasoning ?? "").join("")).toBe("thinking");
      const calls = (await run("tools", { stream })).flatMap((c) => c.toolCalls ?? []);
      expect(calls[0]).toMatchObject({ call: 0, id: "call_1", name: "weather" });
      expect(calls.map((c) => c.arguments ?? "").join("")).toBe('{"city":"Xi\'an"}');
    }
  });
  it("splits an event of several choices, so that each can be held or changed on its own", async () => {
    const chunks = await run("two", { stream: true, wire: { dialect: "openai.chat", params: {} } });
    const split = chunks.filter((c) => c.text?.startsWith("choice"));
    expect(split).toMatchObject([
      { index: 0, text: "choice 0", wire: { json: { x_unknown: { kept: true }, choices: [{ index: 0 }] } } },
      { index: 1, text: "choice 1", wire: { json: { choices: [{ index: 1 }] } } },
    ]);
    expect(split.every((c) => c.wire?.text === undefined)).toBe(true);
  });
  it("reads streams that come a byte at a time, or end without [DONE]", async () => {
    expect(words(await run("drip", { stream: true, messages: say("你好 🌊 done") }))).toBe("你好 🌊 done");
    expect(words(await run("no-done", { stream: true }))).toBe("one two");
  });
  it("keeps its connections alive across streams", async () => {
    const ports = new Set<number>();
    const counting = openaiEngine({
      name: "up",
      baseUrl: upstream.url,
      place: "cloud",
      transport: async (call) => {
        const answer = await transport(call);
        ports.add(upstream.seen.at(-1)?.port ?? 0);
        return answer;
      },
    });
    for (let i = 0; i < 5; i++) await run("echo", { stream: true }, counting);
    expect(ports.size).toBeLessThanOrEqual(2); // two where the next run begins before the last answer's end came
  });

  it.each([
    ["status:429", "upstream-rate-limited"],
    ["status:401", "upstream-auth"],
    ["status:403", "upstream-auth"],
    ["status:400", "upstream-rejected"],
    ["status:404", "upstream-rejected"],
    ["status:422", "upstream-rejected"],
    ["status:500", "upstream-error"],
    ["status:302", "upstream-error"],
    ["stall", "upstream-timeout"],
    ["cut", "upstream-invalid"],
    ["bad-utf8", "upstream-invalid"],
    ["bad-json", "upstream-invalid"],
    ["html", "upstream-invalid"],
  ])("answers %s with %s, whole and streamed", async (model, code) => {
    for (const stream of [false, true]) await expect(run(model, { stream })).rejects.toMatchObject({ code });
  });
  it("keeps what the provider said and when to come back, but never its key", async () => {
    const limited = await run("status:429").catch((e: unknown) => e);
    expect(limited).toMatchObject({
      message: "up answered 429: scripted 429",
      details: { retryAfter: 7, upstream: { status: 429, body: { error: { message: "scripted 429" } } } },
    });
    const leaked = (await run("leak").catch((e: unknown) => e)) as Error & { details: object };
    expect(leaked).toMatchObject({ code: "upstream-auth" });
    expect(JSON.stringify([leaked.message, leaked.details])).not.toContain("0123456789");
    await expect(run("error-event", { stream: true })).rejects.toMatchObject({ code: "upstream-error" });
  });
  it("hangs up on the provider when the caller stops", async () => {
    const stop = new AbortController();
    const reading = (async () => {
      for await (const _ of engine.generate(planOf("slow", { stream: true }), stop.signal)) stop.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: "cancelled" });
    const entry = upstream.seen.at(-1);
    for (let i = 0; i < 100 && !entry?.gone; i++) await new Promise((r) => setTimeout(r, 10));
    expect(entry?.gone).toBe(true);
  });
  it("sends files as forms, and takes pictures by address only from the provider itself", async () => {
    await run("draw", { task: "image-edit", text: "p", files: [picture, { ...picture, name: "m.png", role: "mask" }] });
    const form = upstream.seen.at(-1)?.text ?? "";
    for (const part of ['name="image"; filename="a.png"', 'name="mask"', 'name="prompt"', 'name="model"'])
      expect(form).toContain(part);
    const [chunk] = await run("address", { task: "image", text: "p" });
    expect(chunk?.media).toMatchObject({ mediaType: "image/png", last: true });
    const fetched: string[] = [];
    const elsewhere = make({
      transport: (call) =>
        call.method === "GET"
          ? Promise.reject(new Error("not this way"))
          : Promise.resolve({
              status: 200,
              headers: {},
              body: (async function* () {})(),
              text: () => Promise.resolve('{"data":[{"url":"http://other.example/p.png"}]}'),
            }),
      fetcher: async ({ url }) => {
        fetched.push(url);
        return await transport({ method: "GET", url: `${upstream.url}/picture.png` });
      },
    });
    expect((await run("m", { task: "image", text: "p" }, elsewhere))[0]?.media?.mediaType).toBe("image/png");
    expect(fetched).toEqual(["http://other.example/p.png"]);
  });
  it("asks for the models once, however many want them, and says when there are none", async () => {
    const fresh = make();
    const before = upstream.seen.length;
    const [a, b] = await Promise.all([fresh.models(), fresh.models()]);
    expect(a).toBe(b);
    expect(a.map((m) => [m.id, m.tasks[0]])).toEqual([
      ["echo", "chat"],
      ["text-embedding-test", "embedding"],
    ]);
    expect(upstream.seen.length - before).toBe(1);
    const dead = make({ baseUrl: "http://127.0.0.1:1/v1" });
    await expect(dead.models()).rejects.toMatchObject({ code: "upstream-error" });
    await expect(dead.models(AbortSignal.abort())).rejects.toBeDefined();
  });

  describe("responses", () => {
    const params = { model: "up/echo", input: "one two", reasoning: { effort: "low" }, x_vendor: 1 };
    const wire = { dialect: "openai.responses" as const, params };
    it("go to /responses where the provider has it", async () => {
      const native = make({ responses: true });
      const [whole] = await run("echo", { wire }, native);
      expect(upstream.seen.at(-1)?.path).toBe("/v1/responses");
      expect(sent()).toEqual({ ...params, model: "echo", stream: false });
      expect(whole).toMatchObject({
        text: "one two",
        reasoning: "thinking",
        finish: "stop",
        usage: { inputTokens: 9, outputTokens: 4, cachedTokens: 3, reasoningTokens: 2 },
        wire: { json: { x_unknown: { kept: true } } },
      });
      const streamed = await run("echo", { wire, stream: true }, native);
      expect(words(streamed)).toBe("one two");
      expect(streamed.at(-1)).toMatchObject({ finish: "stop", usage: { outputTokens: 4 } });
      expect(streamed.every((c) => c.wire === undefined)).toBe(true);
      for (const stream of [false, true]) {
        const called = await run("tools", { wire, stream }, native);
        expect(
          called
            .flatMap((c) => c.toolCalls ?? [])
            .map((c) => c.arguments)
            .join(""),
        ).toBe('{"city":"Xi\'an"}');
        expect(called.at(-1)?.finish).toBe("tool_calls");
        expect((await run("cut-short", { wire, stream }, native)).at(-1)?.finish).toBe("length");
      }
      await expect(run("failed", { wire, stream: true }, native)).rejects.toMatchObject({ code: "upstream-error" });
      await expect(run("cut", { wire, stream: true }, native)).rejects.toMatchObject({ code: "upstream-invalid" });
    });
    it("become chat where it has not", async () => {
      const chunks = await run("echo", { wire, controls: { maxTokens: 5 } });
      expect(upstream.seen.at(-1)?.path).toBe("/v1/chat/completions");
      expect(sent()).toEqual({
        model: "echo",
        messages: say("one two"),
        stream: false,
        max_tokens: 5,
        reasoning_effort: "low",
      });
      expect(chunks[0]).toMatchObject({ text: "one two", wire: undefined });
    });
  });
});
