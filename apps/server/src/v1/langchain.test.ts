import { HumanMessage, type ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type TestServer, testServer } from "../test/running.ts";

/** LangChain's ChatOpenAI against a real socket. */
describe("LangChain", () => {
  let t: TestServer;
  const chat = (model: string): ChatOpenAI =>
    new ChatOpenAI({ model, apiKey: "none-needed", maxRetries: 0, configuration: { baseURL: t.v1 } });
  beforeAll(async () => {
    t = await testServer();
  });
  afterAll(() => t.close());
  const weather = tool(async ({ city }: { city: string }) => `${city}: 12 °C`, {
    name: "weather",
    description: "The weather of a city",
    schema: z.object({ city: z.string() }),
  });

  it("chats, with usage and a row", async () => {
    const answer = await chat("up/echo").invoke("good day to you");
    expect(answer.content).toBe("good day to you");
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 9, output_tokens: 4, total_tokens: 13 });
    expect(await t.newRow()).toMatchObject({ status: "done", task: "chat", usage: { inputTokens: 9, outputTokens: 4 } });
  });

  it("streams, with usage", async () => {
    const parts: string[] = [];
    let tokens = 0;
    for await (const chunk of await chat("up/echo").stream("one two three")) {
      if (chunk.content !== "") parts.push(String(chunk.content));
      tokens += chunk.usage_metadata?.output_tokens ?? 0;
    }
    expect(parts.join("")).toBe("one two three");
    expect(parts.length).toBeGreaterThan(1);
    expect(tokens).toBe(3);
  });

  it("calls a tool and speaks of its result", async () => {
    const model = chat("up/tools").bindTools([weather]);
    const question = new HumanMessage("weather?");
    const answer = await model.invoke([question]);
    expect(answer.tool_calls).toMatchObject([{ name: "weather", args: { city: "Xi'an" }, id: "call_1" }]);
    const result = (await weather.invoke({ ...answer.tool_calls?.[0], type: "tool_call" } as never)) as ToolMessage;
    expect(result.content).toBe("Xi'an: 12 °C");
    const final = await model.invoke([question, answer, result]);
    expect(final.tool_calls).toEqual([]);
    expect(final.content).not.toBe("");
  });

  it("puts a tool call together that came in pieces", async () => {
    let whole: Awaited<ReturnType<ChatOpenAI["invoke"]>> | undefined;
    for await (const chunk of await chat("up/tools").bindTools([weather]).stream("weather?"))
      whole = whole === undefined ? chunk : (whole as typeof chunk).concat(chunk);
    expect(whole?.tool_calls).toMatchObject([{ name: "weather", args: { city: "Xi'an" } }]);
  });

  it("gets an object of a schema", async () => {
    const person = z.object({ name: z.string(), age: z.number() });
    const model = chat("up/json").withStructuredOutput(person, { name: "person", method: "jsonSchema" });
    expect(await model.invoke("who?")).toEqual({ name: "Li Lei", age: 9 });
    expect(t.upstream.seen.at(-1)?.body.response_format).toMatchObject({ type: "json_schema" });
  });

  it("embeds", async () => {
    const embeddings = new OpenAIEmbeddings({
      model: "up/embed",
      apiKey: "x",
      maxRetries: 0,
      configuration: { baseURL: t.v1 },
    });
    expect(await embeddings.embedDocuments(["four", "sixsix"])).toEqual([
      [4, 0.5, -0.25],
      [6, 0.5, -0.25],
    ]);
  });

  it("masks personal data both ways", async () => {
    const answer = await chat("up/echo").invoke("mail han.meimei@example.org now");
    expect(answer.content).toBe("mail [EMAIL] now");
    expect(t.upstream.seen.at(-1)?.text).not.toContain("han.meimei");
  });

  it.each([
    ["up/status:500", 502, "upstream-error"],
    ["nobody/knows", 404, "unknown-model"],
  ])("makes sense of the error of %s", async (model, status, code) => {
    const before = t.upstream.seen.length;
    await expect(chat(model).invoke("x")).rejects.toMatchObject({ status, code });
    expect(t.upstream.seen.length - before).toBeLessThanOrEqual(2); // the pipeline tries once more, the client not at all
    await t.newRow();
  });

  it("stops the provider when it is aborted, and the row says so", async () => {
    const abort = new AbortController();
    await t.house.ledger.rows();
    const read = async (): Promise<number> => {
      let parts = 0;
      for await (const chunk of await chat("up/slow").stream("a b c d e f g h i j k l m n", { signal: abort.signal }))
        if (chunk.content !== "" && ++parts === 2) abort.abort();
      return parts;
    };
    await expect(read()).rejects.toThrow(/abort/i);
    let row = await t.newRow();
    while (row.status !== "cancelled") row = await t.newRow();
    expect(t.upstream.seen.at(-1)?.gone).toBe(true);
  });
});
