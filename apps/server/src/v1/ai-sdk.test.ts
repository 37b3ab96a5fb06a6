import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, embedMany, generateImage, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type TestServer, testServer } from "../test/running.ts";

/**
 * Vercel's `ai` package with @ai-sdk/openai-compatible, against a real socket. That provider has chat, completion,
 * embedding and image models; speech and transcription it has not, so those are proved by the openai package alone.
 */
describe("the ai package", () => {
  let t: TestServer;
  let provider: ReturnType<typeof createOpenAICompatible>;
  beforeAll(async () => {
    t = await testServer();
    provider = createOpenAICompatible({
      name: "inkseal",
      baseURL: t.v1,
      apiKey: "none-needed",
      includeUsage: true,
      supportsStructuredOutputs: true,
    });
  });
  afterAll(() => t.close());
  const once = { maxRetries: 0 };
  const weather = tool({
    description: "The weather of a city",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => `${city}: 12 °C`,
  });
  const person = z.object({ name: z.string(), age: z.number() });

  it("chats, with usage and a row", async () => {
    const answer = await generateText({ ...once, model: provider("up/echo"), prompt: "good day to you" });
    expect(answer).toMatchObject({ text: "good day to you", finishReason: "stop", usage: { inputTokens: 9, outputTokens: 4 } });
    expect(await t.newRow()).toMatchObject({ status: "done", task: "chat", usage: { inputTokens: 9, outputTokens: 4 } });
  });

  it("streams, word by word, with usage", async () => {
    const result = streamText({ ...once, model: provider("up/echo"), prompt: "one two three" });
    const parts: string[] = [];
    for await (const part of result.textStream) parts.push(part);
    expect(parts.join("")).toBe("one two three");
    expect(parts.length).toBeGreaterThan(1);
    expect(await result.usage).toMatchObject({ inputTokens: 9, outputTokens: 3 });
    expect(await t.newRow()).toMatchObject({ status: "done" });
  });

  it("runs a tool and speaks of its result, whole and streamed", async () => {
    const request = {
      ...once,
      model: provider("up/tools"),
      prompt: "weather?",
      tools: { weather },
      stopWhen: stepCountIs(3),
    } as const;
    const whole = await generateText(request);
    expect(whole.steps).toHaveLength(2);
    expect(whole.steps[0]?.toolResults[0]).toMatchObject({ toolName: "weather", output: "Xi'an: 12 °C" });
    expect(t.upstream.seen.at(-1)?.body.messages).toMatchObject([
      { role: "user" },
      { role: "assistant", tool_calls: [{ id: "call_1" }] },
      { role: "tool", tool_call_id: "call_1" },
    ]);
    const streamed = streamText(request);
    const results: unknown[] = [];
    for await (const part of streamed.fullStream) if (part.type === "tool-result") results.push(part.output);
    expect(results).toEqual(["Xi'an: 12 °C"]);
    expect(await streamed.finishReason).toBe("stop");
  });

  it("gets objects of a schema, whole and streamed", async () => {
    const request = { ...once, model: provider("up/json"), prompt: "who?", output: Output.object({ schema: person }) };
    expect((await generateText(request)).output).toEqual({ name: "Li Lei", age: 9 });
    expect(t.upstream.seen.at(-1)?.body.response_format).toMatchObject({ type: "json_schema" });
    const streamed = streamText(request);
    let last: unknown;
    for await (const partial of streamed.partialOutputStream) last = partial;
    expect(last).toEqual({ name: "Li Lei", age: 9 });
  });

  it("shows a picture", async () => {
    const image = Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      "base64",
    );
    await generateText({
      ...once,
      model: provider("up/echo"),
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "what is this?" },
            { type: "image", image },
          ],
        },
      ],
    });
    expect(JSON.stringify(t.upstream.seen.at(-1)?.body)).toContain(`data:image/png;base64,${image.toString("base64")}`);
  });

  it("embeds", async () => {
    const { embeddings } = await embedMany({ ...once, model: provider.embeddingModel("up/embed"), values: ["four", "sixsix"] });
    expect(embeddings).toEqual([
      [4, 0.5, -0.25],
      [6, 0.5, -0.25],
    ]);
  });

  it("paints, and the picture is sealed", async () => {
    const { image } = await generateImage({ ...once, model: provider.imageModel("up/image"), prompt: "a fox" });
    expect(image.mediaType).toBe("image/png");
    expect(Buffer.from(image.uint8Array).includes("c2pa")).toBe(true);
  });

  it("masks personal data both ways", async () => {
    const { text } = await generateText({ ...once, model: provider("up/echo"), prompt: "mail han.meimei@example.org now" });
    expect(text).toBe("mail [EMAIL] now");
    expect(t.upstream.seen.at(-1)?.text).not.toContain("han.meimei");
    const pieces = ["call ", "138", "0013", "8000 now"];
    const streamed = streamText({ ...once, model: provider(`up/pieces:${JSON.stringify(pieces)}`), prompt: "x" });
    expect(await streamed.text).toBe("call [PHONE] now");
  });

  it.each([
    ["up/status:500", 502, "upstream-error", true],
    ["up/status:429", 429, "upstream-rate-limited", true],
    ["nobody/knows", 404, "unknown-model", false],
  ])("makes sense of the error of %s", async (model, status, code, retryable) => {
    const thrown = await generateText({ ...once, model: provider(model), prompt: "x" }).catch((e: unknown) => e);
    expect(APICallError.isInstance(thrown)).toBe(true);
    const error = thrown as APICallError;
    expect(error.statusCode).toBe(status);
    expect(error.isRetryable).toBe(retryable);
    expect(error.data).toMatchObject({ error: { code } });
    expect(error.responseHeaders?.["x-inkseal-run"]).toMatch(/^run_/);
    expect(await t.newRow()).toMatchObject({ status: "failed", errorCode: code });
  });

  it("reports an error in the midst of a stream, once", async () => {
    const errors: unknown[] = [];
    const streamed = streamText({
      ...once,
      model: provider("up/cut"),
      prompt: "x",
      onError: ({ error }) => void errors.push(error),
    });
    for await (const _ of streamed.textStream);
    expect(errors).toHaveLength(1);
    expect(await t.newRow()).toMatchObject({ status: "failed" });
  });

  it("stops the provider when it is aborted, and the row says so", async () => {
    const abort = new AbortController();
    const streamed = streamText({
      ...once,
      model: provider("up/slow"),
      prompt: "a b c d e f g h i j k l m n",
      abortSignal: abort.signal,
    });
    let parts = 0;
    for await (const part of streamed.fullStream) if (part.type === "text-delta" && ++parts === 2) abort.abort();
    expect(parts).toBeLessThan(14);
    expect(await t.newRow()).toMatchObject({ status: "cancelled" });
    expect(t.upstream.seen.at(-1)?.gone).toBe(true);
  });
});
