import OpenAI, { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestServer, testServer } from "../test/running.ts";
import * as answers from "./answers.ts";

/** The official openai package against a real socket. */
describe("the official openai package", () => {
  let t: TestServer;
  let client: OpenAI;
  beforeAll(async () => {
    t = await testServer();
    client = new OpenAI({ baseURL: t.v1, apiKey: "none-needed", maxRetries: 0 });
  });
  afterAll(() => t.close());
  const user = (content: string) => [{ role: "user" as const, content }];

  it("lists models, and finds one by a name with a slash", async () => {
    const ids: string[] = [];
    for await (const m of client.models.list()) ids.push(m.id);
    expect(ids).toEqual(expect.arrayContaining(["espeak/zh", "up/echo", "guard/inkseal-guard"]));
    expect((await client.models.retrieve("espeak/zh")).owned_by).toBe("espeak");
    await expect(client.models.retrieve("none/such")).rejects.toMatchObject({ status: 404, code: "unknown-model" });
  });

  it("chats, and unknown parameters and members pass unharmed both ways", async () => {
    const answer = await client.chat.completions.create({
      model: "up/echo",
      messages: user("good day to you"),
      temperature: 0.5,
      ...{ x_provider_option: { deep: [1] } },
    });
    expect(answer.choices[0]).toMatchObject({
      message: { role: "assistant", content: "good day to you" },
      finish_reason: "stop",
    });
    expect(answer).toMatchObject({
      id: "chatcmpl-up",
      system_fingerprint: "fp_up",
      x_unknown: { kept: true },
      usage: { total_tokens: 13 },
    });
    expect(t.upstream.seen.at(-1)?.body).toMatchObject({ model: "echo", temperature: 0.5, x_provider_option: { deep: [1] } });
    expect(t.upstream.seen.at(-1)?.headers.authorization).toBe("Bearer sk-upstream-secret");
    expect(await t.newRow()).toMatchObject({
      status: "done",
      engine: "up",
      model: "echo",
      usage: { inputTokens: 9, outputTokens: 4 },
    });
  });

  it("answers in the shapes that the OpenAPI document promises", async () => {
    const ask = async (path: string, body?: unknown): Promise<unknown> =>
      (body === undefined ? await fetch(`${t.v1}${path}`) : await t.post(`/v1${path}`, body)).json();
    answers.Models.parse(await ask("/models"));
    answers.ModelObject.parse(await ask("/models/espeak/zh"));
    answers.ChatCompletion.parse(await ask("/chat/completions", { model: "up/echo", messages: user("hi") }));
    answers.ChatCompletion.parse(await ask("/chat/completions", { model: "up/tools", messages: user("hi") }));
    answers.Completion.parse(await ask("/completions", { model: "up/echo", prompt: "hi" }));
    answers.Response.parse(await ask("/responses", { model: "up/echo", input: "hi" }));
    answers.Embeddings.parse(await ask("/embeddings", { model: "up/embed", input: "hi" }));
    answers.Images.parse(await ask("/images/generations", { model: "up/image", prompt: "hi" }));
    answers.Moderations.parse(await ask("/moderations", { input: "hi" }));
    const form = new FormData();
    form.append("purpose", "user_data");
    form.append("file", new Blob(["words"]), "a.txt");
    const file = answers.FileObject.parse(await (await fetch(`${t.v1}/files`, { method: "POST", body: form })).json());
    answers.Files.parse(await ask("/files"));
    answers.Deleted.parse(await (await fetch(`${t.v1}/files/${file.id}`, { method: "DELETE" })).json());
  });

  it("streams, byte for byte what the provider sent", async () => {
    const stream = await client.chat.completions.create({
      model: "up/echo",
      messages: user("one two three"),
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let usage: unknown;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe("one two three");
    expect(usage).toMatchObject({ total_tokens: 12 });
    const body = { model: "up/echo", messages: user("one two. "), stream: true };
    const ours = await (await t.post("/v1/chat/completions", body)).text();
    const theirs = await (
      await fetch(`${t.upstream.url}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...body, model: "echo" }),
      })
    ).text();
    expect(ours).toBe(theirs);
    expect(ours.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it("calls tools, whole and streamed", async () => {
    const tools = [
      {
        type: "function" as const,
        function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
      },
    ];
    const whole = await client.chat.completions.create({ model: "up/tools", messages: user("weather?"), tools });
    expect(whole.choices[0]?.message.tool_calls).toEqual([
      { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Xi\'an"}' } },
    ]);
    const runner = client.chat.completions.stream({ model: "up/tools", messages: user("weather?"), tools });
    const final = await runner.finalChatCompletion();
    expect(final.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { tool_calls: [{ id: "call_1", function: { name: "weather", arguments: '{"city":"Xi\'an"}' } }] },
    });
  });

  it("asks for a JSON schema", async () => {
    const answer = await client.chat.completions.create({
      model: "up/json",
      messages: user("who?"),
      response_format: { type: "json_schema", json_schema: { name: "person", schema: { type: "object" } } },
    });
    expect(JSON.parse(answer.choices[0]?.message.content ?? "")).toEqual({ name: "Li Lei", age: 9 });
    expect(t.upstream.seen.at(-1)?.body.response_format).toMatchObject({ type: "json_schema" });
  });

  it("masks personal data in and out, whole and streamed, however it is cut", async () => {
    const whole = await client.chat.completions.create({
      model: "up/echo",
      messages: user("mail han.meimei@example.org or call 13800138000 please"),
    });
    expect(whole.choices[0]?.message.content).toBe("mail [EMAIL] or call [PHONE] please");
    expect(JSON.stringify(t.upstream.seen.at(-1)?.body)).not.toMatch(/han\.meimei|13800138000/);
    const pieces = ["call ", "138", "0013", "8000 and mail h", "an@exam", "ple.org now"];
    const stream = await client.chat.completions.create({
      model: `up/pieces:${JSON.stringify(pieces)}`,
      messages: user("x"),
      stream: true,
    });
    const deltas: string[] = [];
    for await (const chunk of stream) deltas.push(chunk.choices[0]?.delta.content ?? "");
    expect(deltas.join("")).toBe("call [PHONE] and mail [EMAIL] now");
  });

  it("completes, with and without a suffix", async () => {
    const whole = await client.completions.create({ model: "up/echo", prompt: "to be or" });
    expect(whole.choices[0]?.text).toBe("to be or");
    await client.completions.create({ model: "up/echo", prompt: "function add(", suffix: "}" });
    expect(t.upstream.seen.at(-1)?.body).toMatchObject({ suffix: "}" });
    let text = "";
    for await (const chunk of await client.completions.create({ model: "up/echo", prompt: "a b c", stream: true }))
      text += chunk.choices[0]?.text ?? "";
    expect(text).toBe("a b c");
  });

  it("embeds", async () => {
    const answer = await client.embeddings.create({ model: "up/embed", input: ["four", "sixsix"] });
    expect(answer.data.map((d) => Array.from(d.embedding))).toEqual([
      [4, 0.5, -0.25],
      [6, 0.5, -0.25],
    ]);
  });

  it("draws and edits pictures, labelled", async () => {
    const drawn = await client.images.generate({ model: "up/dall-e-3", prompt: "a lotus" });
    const png = Buffer.from(drawn.data?.[0]?.b64_json ?? "", "base64");
    expect(png.includes("caBX")).toBe(true);
    expect(png.includes("AIGC")).toBe(true);
    const edited = await client.images.edit({
      model: "up/gpt-image-1",
      prompt: "bluer",
      image: await toFile(png, "lotus.png", { type: "image/png" }),
    });
    expect(Buffer.from(edited.data?.[0]?.b64_json ?? "", "base64").includes("caBX")).toBe(true);
    expect(t.upstream.seen.at(-1)?.text).toContain('name="image"');
    const report = await (
      await fetch(`${t.server.url}/api/verify`, {
        method: "POST",
        headers: { "content-type": "application/octet-stream" },
        body: png,
      })
    ).json();
    expect(report).toMatchObject({ verdict: "recognised", labelClass: 1, rowBy: "sha256" });
  });

  it("speaks with the embedded voice and with a provider's", async () => {
    for (const [model, input] of [
      ["espeak/zh", "你好"],
      ["up/tts-1", "hello"],
    ] as const) {
      const answer = await client.audio.speech.create({ model, voice: "alloy", input, response_format: "wav" });
      expect(answer.headers.get("content-type")).toBe("audio/wav");
      expect(Buffer.from(await answer.arrayBuffer()).includes("AIGC")).toBe(true);
    }
    await expect(
      client.audio.speech.create({ model: "espeak/zh", voice: "alloy", input: "x", response_format: "aac" }),
    ).rejects.toMatchObject({ status: 422, code: "cannot-do" });
  });

  it("speaks MP3 unless told, and every other format that was asked for, marked in the samples", async () => {
    for (const [response_format, type] of [
      [undefined, "audio/mpeg"],
      ["opus", "audio/ogg"],
      ["flac", "audio/flac"],
      ["pcm", "audio/pcm"],
    ] as const) {
      const answer = await client.audio.speech.create({ model: "espeak/zh", voice: "alloy", input: "你好", response_format });
      expect(answer.headers.get("content-type")).toBe(type);
      const kept = await (await fetch(`${t.server.url}/api/artifacts/${answer.headers.get("x-inkseal-artifact")}`)).json();
      expect(JSON.stringify(kept)).toContain("gb45438.morse");
    }
  });

  it("gives captions beside the sound", async () => {
    const request = { model: "espeak/zh", voice: "alloy", input: "床前明月光。", controls: { captions: "vtt" } };
    const answer = await client.audio.speech.create(request);
    const id = answer.headers.get("x-inkseal-captions");
    expect(await (await fetch(`${t.server.url}/api/artifacts/${id}/bytes`)).text()).toMatch(/^WEBVTT[\s\S]*床前明月光。/);
  });

  it("transcribes, masked", async () => {
    const file = await toFile(
      Buffer.from(await (await client.audio.speech.create({ model: "up/tts-1", voice: "alloy", input: "x" })).arrayBuffer()),
      "call.wav",
    );
    const { text } = await client.audio.transcriptions.create({ model: "up/whisper-1", file });
    expect(text).toBe("Call me at [PHONE].");
    expect(await client.audio.transcriptions.create({ model: "up/whisper-1", file, response_format: "text" })).toContain(
      "[PHONE]",
    );
    await expect(
      client.audio.transcriptions.create({ model: "up/whisper-1", file: await toFile(Buffer.from("words"), "x.wav") }),
    ).rejects.toMatchObject({ status: 400, code: "bad-file" });
  });

  it("moderates with the house's guard and with a provider", async () => {
    const own = await client.moderations.create({ input: "my mail is han@example.org" });
    expect(own.results[0]).toMatchObject({ flagged: true, categories: { "pii.email": true } });
    expect((await client.moderations.create({ input: "a fine day" })).results[0]?.flagged).toBe(false);
    expect((await client.moderations.create({ model: "up/moderation", input: "x" })).results[0]?.flagged).toBe(false);
  });

  it("answers the Responses API, whole, streamed and with tools", async () => {
    const whole = await client.responses.create({ model: "up/echo", instructions: "Be brief.", input: "good day" });
    expect(whole).toMatchObject({ status: "completed", output_text: "good day", usage: { total_tokens: 11 } });
    expect(t.upstream.seen.at(-1)?.body.messages).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "good day" },
    ]);
    const events: string[] = [];
    let final = "";
    for await (const e of await client.responses.create({
      model: "up/echo",
      input: [{ role: "user", content: [{ type: "input_text", text: "a b" }] }],
      stream: true,
    })) {
      events.push(e.type);
      if (e.type === "response.completed")
        final = e.response.output
          .flatMap((o) => (o.type === "message" ? o.content.map((c) => (c.type === "output_text" ? c.text : "")) : []))
          .join("");
    }
    expect(events.slice(0, 4)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
    ]);
    expect(events.at(-1)).toBe("response.completed");
    expect(final).toBe("a b");
    const called = await client.responses.create({
      model: "up/tools",
      input: "weather?",
      tools: [{ type: "function", name: "weather", parameters: {}, strict: false }],
    });
    expect(called.output).toMatchObject([{ type: "function_call", name: "weather", call_id: "call_1" }]);
  });

  it("keeps files", async () => {
    const made = await client.files.create({ file: await toFile(Buffer.from("line\n"), "notes.jsonl"), purpose: "user_data" });
    expect(made).toMatchObject({ filename: "notes.jsonl", bytes: 5, object: "file" });
    expect((await client.files.list()).data.map((f) => f.id)).toContain(made.id);
    expect(await (await client.files.content(made.id)).text()).toBe("line\n");
    expect((await client.files.delete(made.id)).deleted).toBe(true);
    await expect(client.files.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
  });

  it("gets typed errors", async () => {
    await expect(client.chat.completions.create({ model: "nobody", messages: user("x") })).rejects.toBeInstanceOf(
      OpenAI.NotFoundError,
    );
    await expect(client.chat.completions.create({ model: "up/status:429", messages: user("x") })).rejects.toBeInstanceOf(
      OpenAI.RateLimitError,
    );
    await expect(client.chat.completions.create({ model: "up/echo", messages: [] })).rejects.toBeInstanceOf(
      OpenAI.BadRequestError,
    );
    await expect(
      client.chat.completions.create({ model: "up/error-event", messages: user("words"), stream: true }).then(async (s) => {
        for await (const _ of s);
      }),
    ).rejects.toMatchObject({ code: "upstream-error" });
  });

  it("aborts: the engine hears of it and the row says so", async () => {
    await t.newRow();
    const stream = await client.chat.completions.create({ model: "up/slow", messages: user("x"), stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    expect(await t.newRow()).toMatchObject({ status: "cancelled", model: "slow" });
    await expect.poll(() => t.upstream.seen.at(-1)?.gone).toBe(true);
  });
});
