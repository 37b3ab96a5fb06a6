import { type Brief, type BriefInput, type Chunk, type Engine, InksealError, type Plan, parseBrief } from "@inkseal/core";
import { startAnthropic, startGemini, testEngine, tinyPng, type Upstream } from "@inkseal/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Transport, undiciTransport } from "../transport.ts";
import { anthropicEngine } from "./anthropic.ts";
import { geminiEngine } from "./gemini.ts";
import { guardedTransport } from "./guarded-transport.ts";

const makers = { anthropic: [anthropicEngine, startAnthropic], gemini: [geminiEngine, startGemini] } as const;
const key = "test-key-0123456789abcdef";
const say = (content: unknown): Brief["messages"] => [{ role: "user", content }] as Brief["messages"];
const png = tinyPng(8, 8);

for (const [name, [make, start]] of Object.entries(makers)) {
  testEngine(
    name,
    async () => {
      const upstream = await start();
      const transport = undiciTransport();
      return {
        engine: make({ name, baseUrl: upstream.url, apiKey: key, place: "cloud", transport, fetcher: guardedTransport() }),
        close: async () => {
          await transport.close();
          await upstream.close();
        },
      };
    },
    {
      chat: { model: "echo", brief: { messages: say("hello 你好") }, long: { model: "slow", brief: { messages: say("go") } } },
    },
  );
}

describe.each(Object.entries(makers))("%s", (name, [make, start]) => {
  const transport = undiciTransport();
  let upstream: Upstream;
  let engine: Engine;
  const fetched: string[] = [];
  const fetcher: Transport = ({ url }) => {
    fetched.push(url);
    return Promise.resolve({
      status: 200,
      headers: {},
      body: (async function* () {
        yield png;
      })(),
      text: () => Promise.resolve(""),
    });
  };
  beforeAll(async () => {
    upstream = await start();
    engine = make({ name, baseUrl: upstream.url, apiKey: key, place: "cloud", transport, fetcher, idleMs: 300 });
  });
  afterAll(async () => {
    await transport.close();
    await upstream.close();
  });
  const planOf = (model: string, brief: Partial<BriefInput>): Plan => ({
    kind: "plan",
    version: 1,
    brief: parseBrief({ task: "chat", messages: say("one two"), ...brief } as BriefInput),
    engine,
    model,
    seed: undefined,
    warnings: [],
  });
  async function run(model: string, brief: Partial<BriefInput> = {}, by = engine): Promise<Chunk[]> {
    const chunks: Chunk[] = [];
    for await (const batch of by.generate(planOf(model, brief), new AbortController().signal)) chunks.push(...batch);
    return chunks;
  }
  const sent = (): Record<string, unknown> => upstream.seen.at(-1)?.body ?? {};
  const join = (chunks: readonly Chunk[], of: "text" | "reasoning" = "text"): string => chunks.map((c) => c[of] ?? "").join("");

  it("answers with words, thoughts, finish and usage, whole and streamed", async () => {
    for (const stream of [false, true]) {
      const chunks = await run("think", { stream, messages: say("one 二 three") });
      expect(join(chunks)).toBe("one 二 three");
      expect(join(chunks, "reasoning")).toBe("let me see");
      expect(chunks.find((c) => c.finish)?.finish).toBe("stop");
      const usage = chunks.filter((c) => c.usage);
      expect(usage).toHaveLength(1);
      expect(usage[0]?.usage).toMatchObject(
        name === "anthropic"
          ? { inputTokens: 14, outputTokens: 4, cachedTokens: 3 }
          : { inputTokens: 9, outputTokens: 6, cachedTokens: 3, reasoningTokens: 2 },
      );
      expect((await run("length", { stream })).find((c) => c.finish)?.finish).toBe("length");
      expect((await run("refuse", { stream })).find((c) => c.finish)?.finish).toBe("content_filter");
    }
  });
  it("calls tools, and takes their results back", async () => {
    const tools = [
      { type: "function", function: { name: "weather", description: "d", parameters: { type: "object", properties: {} } } },
      { type: "function", function: { name: "now" } },
    ];
    for (const stream of [false, true]) {
      const chunks = await run("tools", { stream, controls: { tools, toolChoice: "required" } });
      const calls = chunks.flatMap((c) => c.toolCalls ?? []);
      const args = (n: number): string => calls.map((c) => (c.call === n ? (c.arguments ?? "") : "")).join("");
      expect(JSON.parse(args(0))).toEqual({ city: "Xi'an" });
      if (stream || name === "gemini") expect(JSON.parse(args(1))).toEqual({});
      expect(chunks.find((c) => c.finish)?.finish).toBe("tool_calls");
      const id = calls[0]?.id as string;
      await run("echo", {
        controls: { tools, toolChoice: { type: "function", function: { name: "now" } } },
        messages: [
          { role: "system", content: "be brief" },
          { role: "user", content: "weather?" },
          {
            role: "assistant",
            content: "",
            tool_calls: [{ id, type: "function", function: { name: "weather", arguments: '{"city":"x"}' } }],
          },
          { role: "tool", tool_call_id: id, content: "rain" },
          { role: "user", content: "so?" },
        ],
      });
      const schema = { type: "object", properties: {} };
      if (name === "anthropic") {
        expect(sent()).toMatchObject({
          system: "be brief",
          tools: [
            { name: "weather", description: "d", input_schema: schema },
            { name: "now", input_schema: schema },
          ],
          tool_choice: { type: "tool", name: "now" },
          messages: [
            { role: "user", content: [{ type: "text", text: "weather?" }] },
            { role: "assistant", content: [{ type: "tool_use", id, name: "weather", input: { city: "x" } }] },
            {
              role: "user",
              content: [
                { type: "tool_result", tool_use_id: id, content: "rain" },
                { type: "text", text: "so?" },
              ],
            },
          ],
        });
      } else {
        expect(sent()).toMatchObject({
          systemInstruction: { parts: [{ text: "be brief" }] },
          tools: [
            { functionDeclarations: [{ name: "weather", description: "d", parametersJsonSchema: schema }, { name: "now" }] },
          ],
          toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["now"] } },
          contents: [
            { role: "user", parts: [{ text: "weather?" }] },
            { role: "model", parts: [{ functionCall: { name: "weather", args: { city: "x" } }, thoughtSignature: "c2ln" }] },
            { role: "user", parts: [{ functionResponse: { name: "weather", response: { output: "rain" } } }, { text: "so?" }] },
          ],
        });
      }
    }
  });
  it("honours controls and JSON Schema", async () => {
    const schema = { type: "object", additionalProperties: false };
    await run("echo", { controls: { temperature: 0.5, topP: 0.9, topK: 5, maxTokens: 7, stop: ["x"], schema } });
    expect(sent()).toMatchObject(
      name === "anthropic"
        ? {
            temperature: 0.5,
            top_p: 0.9,
            top_k: 5,
            max_tokens: 7,
            stop_sequences: ["x"],
            output_config: { format: { type: "json_schema", schema } },
          }
        : {
            generationConfig: {
              temperature: 0.5,
              topP: 0.9,
              topK: 5,
              maxOutputTokens: 7,
              stopSequences: ["x"],
              responseMimeType: "application/json",
              responseJsonSchema: schema,
            },
          },
    );
  });
  it("sends pictures: in the message, by address through the fetcher, and as files", async () => {
    const data = png.toString("base64");
    const files = [{ name: "a.png", mediaType: "image/png", bytes: new Uint8Array(png), role: "image" }];
    await run("echo", {
      files,
      messages: say([
        { type: "text", text: "what is this?" },
        { type: "image_url", image_url: { url: `data:image/jpeg;base64,${data}` } },
        { type: "image_url", image_url: { url: "https://pictures.example/a.png" } },
      ]),
    });
    expect(fetched).toEqual(["https://pictures.example/a.png"]);
    fetched.length = 0;
    // the type is what the bytes are, not what the address claims
    const picture =
      name === "anthropic"
        ? { type: "image", source: { type: "base64", media_type: "image/png", data } }
        : { inlineData: { mimeType: "image/png", data } };
    const parts = name === "anthropic" ? "messages.0.content" : "contents.0.parts";
    expect(sent()).toHaveProperty(parts, [expect.objectContaining({ text: "what is this?" }), picture, picture, picture]);

    const guarded = make({ name, baseUrl: upstream.url, place: "cloud", transport, fetcher: guardedTransport(), apiKey: key });
    const before = upstream.seen.length;
    const inside = say([{ type: "image_url", image_url: { url: `${upstream.url}/a.png` } }]);
    await expect(run("echo", { messages: inside }, guarded)).rejects.toMatchObject({ code: "forbidden" });
    expect(upstream.seen.length).toBe(before);
    const noPicture = say([{ type: "image_url", image_url: { url: `data:image/png;base64,${btoa("<svg/>just words")}` } }]);
    await expect(run("echo", { messages: noPicture })).rejects.toMatchObject({ code: "bad-file" });
    await expect(run("echo", { messages: say([{ type: "input_audio" }]) })).rejects.toMatchObject({ code: "cannot-do" });
  });
  it.each([
    ["status:429", "upstream-rate-limited"],
    ["status:401", "upstream-auth"],
    ["status:400", "upstream-rejected"],
    ["status:500", "upstream-error"],
    ["status:529", "upstream-error"],
    ["stall", "upstream-timeout"],
    ["cut", "upstream-invalid"],
    ["bad-utf8", "upstream-invalid"],
    ["bad-json", "upstream-invalid"],
    ["html", "upstream-invalid"],
  ])("answers %s with %s, whole and streamed", async (model, code) => {
    for (const stream of [false, true]) {
      const error = await run(model, { stream }).catch((e: unknown) => e);
      expect(error).toMatchObject({ code });
      expect(InksealError.is(error)).toBe(true);
      if (model === "status:429") expect(error).toMatchObject({ details: { retryAfter: 7, upstream: { status: 429 } } });
    }
  });
  it("reads streams that come a byte at a time", async () => {
    expect(join(await run("drip", { stream: true, messages: say("你好 🌊 done") }))).toBe("你好 🌊 done");
  });
  it("hangs up on the provider when the caller stops or leaves", async () => {
    for (const leave of [false, true]) {
      const stop = new AbortController();
      const reading = (async () => {
        for await (const _ of engine.generate(planOf("slow", { stream: true }), stop.signal)) {
          if (leave) break;
          stop.abort();
        }
      })();
      if (leave) await reading;
      else await expect(reading).rejects.toMatchObject({ code: "cancelled" });
      const entry = upstream.seen.at(-1);
      for (let i = 0; i < 100 && !entry?.gone; i++) await new Promise((r) => setTimeout(r, 10));
      expect(entry?.gone).toBe(true);
    }
  });
  it("lists its models", async () => {
    const list = await engine.models();
    expect(list).toMatchObject([{ id: `${name === "anthropic" ? "claude" : "gemini"}-test`, tasks: ["chat"], vision: true }]);
    expect(await engine.models()).toBe(list);
  });
});

it("anthropic: an error in the midst of a stream, and a prompt that gemini blocks", async () => {
  const transport = undiciTransport();
  for (const [name, model, expected] of [
    ["anthropic", "error-event", { code: "upstream-error", message: "anthropic broke off: Overloaded" }],
    ["gemini", "blocked", { finish: "content_filter" }],
  ] as const) {
    const [make, start] = makers[name];
    const upstream = await start();
    const engine = make({ name, baseUrl: upstream.url, apiKey: key, place: "cloud", transport, fetcher: guardedTransport() });
    const brief = parseBrief({ task: "chat", text: "x y z", stream: true });
    const plan: Plan = { kind: "plan", version: 1, brief, engine, model, seed: undefined, warnings: [] };
    let last: unknown;
    try {
      for await (const batch of engine.generate(plan, new AbortController().signal)) last = batch.find((c) => c.finish) ?? last;
    } catch (error) {
      last = error;
    }
    expect(last).toMatchObject(expected);
    await upstream.close();
  }
  await transport.close();
});
