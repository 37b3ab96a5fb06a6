import type { ServerResponse } from "node:http";
import { deflateSync } from "node:zlib";
import { drip, recordingServer, type Seen, type Upstream } from "./recording-server.ts";
import { responseEvents, responseOf } from "./upstream-responses.ts";

/**
 * A provider on loopback that speaks OpenAI's API and misbehaves by model name:
 * `echo` (says the last user words back, word by word), `say:WORDS`, `pieces:["a","b"]` (those deltas), `tools` (calls one, then speaks), `json`,
 * `reason`, `slow` (20 ms a word), `huge` (64 MiB stream), `stall`, `drip`, `cut`, `bad-utf8`, `bad-json`, `html`,
 * `no-done`, `error-event`, `status:CODE` (429 with Retry-After: 7), `flaky` (500 once, then `echo`), `two` (an event of
 * two choices), `no-usage` (refuses stream_options), `leak` (401 that repeats the key), `address` (pictures by address).
 * The header `x-upstream` wins over the model's name.
 */
export async function startUpstream(): Promise<Upstream> {
  let flaked = false;
  return await recordingServer((entry, response) => {
    const { text } = entry;
    const model = String(
      entry.headers["x-upstream"] ?? entry.body.model ?? /name="model"\r\n\r\n([^\r]*)/.exec(text)?.[1] ?? "",
    );
    if (model === "flaky" && !flaked) {
      flaked = true;
      return fail(response, 500);
    }
    if (model === "leak") return fail(response, 401, `Incorrect API key provided: ${entry.headers.authorization?.slice(7)}.`);
    if (model === "no-usage" && entry.body.stream_options !== undefined)
      return fail(response, 400, "Unrecognized request argument supplied: stream_options");
    if (model.startsWith("status:")) return fail(response, Number(model.slice(7)));
    if (model === "stall") return;
    if (model === "html") return void response.writeHead(200, { "content-type": "text/html" }).end("<html>gateway</html>");
    answer(entry, model, response);
  }, "/v1");
}

function fail(response: ServerResponse, status: number, message = `scripted ${status}`): void {
  response
    .writeHead(status, { "content-type": "application/json", ...(status === 429 && { "retry-after": "7" }) })
    .end(JSON.stringify({ error: { message, type: "scripted", code: null, param: null } }));
}

const send = (response: ServerResponse, body: unknown): void =>
  void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));

function answer({ path, body, text, headers: { host } }: Seen, model: string, response: ServerResponse): void {
  const route = path.replace(/^\/v1/, "");
  if (route === "/models")
    return send(response, {
      object: "list",
      data: [
        { id: "echo", object: "model", created: 1, owned_by: "upstream" },
        { id: "text-embedding-test", object: "model", created: 1, owned_by: "upstream" },
      ],
    });
  if (route === "/chat/completions" || route === "/completions") return talk(route, body, model, response);
  if (route === "/responses") return respond(body, model, response);
  if (route === "/picture.png") return void response.writeHead(200, { "content-type": "image/png" }).end(tinyPng(96, 64));
  if (route === "/embeddings") {
    const inputs = [body.input].flat() as string[];
    const data = inputs.map((input, index) => {
      const vector = [input.length, 0.5, -0.25];
      return {
        object: "embedding",
        index,
        embedding:
          body.encoding_format === "base64" ? Buffer.from(Float32Array.from(vector).buffer).toString("base64") : vector,
      };
    });
    return send(response, { object: "list", data, model, usage: { prompt_tokens: 5, total_tokens: 5 }, unknown_member: true });
  }
  if ((route === "/images/generations" || route === "/images/edits") && model === "address")
    return send(response, { created: 1, data: [{ url: `http://${host}/v1/picture.png` }] });
  if (route === "/images/generations" || route === "/images/edits")
    return send(response, { created: 1, data: [{ b64_json: tinyPng(96, 64).toString("base64") }] });
  if (route === "/audio/speech") return void response.writeHead(200, { "content-type": "audio/wav" }).end(tinyWav(0.5));
  if (route === "/audio/transcriptions") {
    if (/name="response_format"\r\n\r\ntext/.test(text))
      return void response.writeHead(200, { "content-type": "text/plain" }).end("Call me at 13800138000.\n");
    return send(response, { text: "Call me at 13800138000.", usage: { type: "duration", seconds: 1 } });
  }
  if (route === "/moderations")
    return send(response, {
      id: "modr-1",
      model,
      results: [{ flagged: false, categories: { violence: false }, category_scores: { violence: 0.01 } }],
    });
  fail(response, 404);
}

function respond(body: Record<string, unknown>, model: string, response: ServerResponse): void {
  const words = typeof body.input === "string" ? body.input : JSON.stringify(body.input);
  if (body.stream !== true) return send(response, responseOf(model, words));
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  void writeAll(response, responseEvents(model, words), -1, model);
}

function talk(route: string, body: Record<string, unknown>, model: string, response: ServerResponse): void {
  const chat = route === "/chat/completions";
  // asked again with a tool's result, it speaks
  const tools = model === "tools" && chat && (body.messages as { role?: string }[]).at(-1)?.role !== "tool";
  const pieces = piecesOf(body, model);
  const usage = { prompt_tokens: 9, completion_tokens: pieces.length, total_tokens: 9 + pieces.length };
  const head = {
    id: chat ? "chatcmpl-up" : "cmpl-up",
    created: 1_700_000_000,
    model,
    system_fingerprint: "fp_up",
    x_unknown: { kept: true },
  };
  const call = { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Xi\'an"}' } };
  if (body.stream !== true) {
    if (model === "cut") {
      response.writeHead(200, { "content-type": "application/json", "content-length": 5000 });
      response.write('{"id":"x","choices":[');
      setTimeout(() => response.destroy(), 5);
      return;
    }
    if (model === "bad-json") return void response.writeHead(200, { "content-type": "application/json" }).end("{not json");
    if (model === "bad-utf8")
      return void response.writeHead(200, { "content-type": "application/json" }).end(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]));
    const words = pieces.join("");
    const message = tools
      ? { role: "assistant", content: null, refusal: null, tool_calls: [call] }
      : { role: "assistant", content: words, refusal: null, ...(model === "reason" && { reasoning_content: "thinking" }) };
    const finish_reason = tools ? "tool_calls" : "stop";
    const choices = chat
      ? [{ index: 0, message, logprobs: null, finish_reason }]
      : [{ index: 0, text: words, logprobs: null, finish_reason }];
    return send(response, { ...head, object: chat ? "chat.completion" : "text_completion", choices, usage });
  }
  const object = chat ? "chat.completion.chunk" : "text_completion";
  const event = (choice: object): string =>
    `data: ${JSON.stringify({ ...head, object, choices: [{ index: 0, ...choice }] })}\n\n`;
  const events: string[] = [];
  if (chat)
    events.push(event({ delta: { role: "assistant", content: tools ? null : "" }, logprobs: null, finish_reason: null }));
  if (model === "reason") events.push(event({ delta: { reasoning_content: "thinking" }, finish_reason: null }));
  if (tools) {
    events.push(
      event({
        delta: { tool_calls: [{ index: 0, id: call.id, type: "function", function: { name: "weather", arguments: "" } }] },
        finish_reason: null,
      }),
    );
    for (const part of ['{"city":', '"Xi\'an"}'])
      events.push(event({ delta: { tool_calls: [{ index: 0, function: { arguments: part } }] }, finish_reason: null }));
  } else
    for (const piece of pieces)
      events.push(
        event(chat ? { delta: { content: piece }, logprobs: null, finish_reason: null } : { text: piece, finish_reason: null }),
      );
  if (model === "two") {
    const choices = [0, 1].map((index) => ({ index, delta: { content: `choice ${index}` }, finish_reason: null }));
    events.push(
      `data: ${JSON.stringify({ ...head, object, choices })}\n\n`,
      event({ index: 1, delta: {}, finish_reason: "stop" }),
    );
  }
  if (model === "bad-json") events.push("data: {not json\n\n");
  if (model === "error-event")
    events.push(`data: ${JSON.stringify({ error: { message: "the model fell over", code: 500 } })}\n\n`);
  if (model !== "cut" && model !== "bad-json" && model !== "error-event") {
    events.push(
      event(
        chat
          ? { delta: {}, logprobs: null, finish_reason: tools ? "tool_calls" : "stop" }
          : { text: "", finish_reason: "stop" },
      ),
    );
    if ((body.stream_options as { include_usage?: boolean } | undefined)?.include_usage)
      events.push(`data: ${JSON.stringify({ ...head, object, choices: [], usage })}\n\n`);
    if (model !== "no-done") events.push("data: [DONE]\n\n");
  }
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  if (model === "bad-utf8") {
    response.write(events[0] as string);
    response.end(Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a]));
    return;
  }
  if (model === "huge")
    return huge(response, event({ delta: { content: `${"lorem ipsum ".repeat(80)}` }, finish_reason: null }), events.slice(-2));
  void writeAll(response, events, model === "slow" ? 20 : model === "drip" ? 0 : -1, model);
}

function piecesOf(body: Record<string, unknown>, model: string): readonly string[] {
  if (model.startsWith("say:")) return [model.slice(4)];
  if (model.startsWith("pieces:")) return JSON.parse(model.slice(7)) as string[];
  if (model === "json") return ['{"name":', '"Li Lei"', ',"age":', "9}"];
  if (model === "slow") return Array.from({ length: 200 }, (_, i) => `word${String.fromCharCode(97 + (i % 26))} `);
  const messages = body.messages as { content?: unknown }[] | undefined;
  const last = messages?.at(-1)?.content ?? body.prompt ?? "";
  const words = typeof last === "string" ? last : (last as { text?: string }[]).map((p) => p.text ?? "").join("");
  return words.match(/\S+\s*/g) ?? [""];
}

async function writeAll(response: ServerResponse, events: readonly string[], everyMs: number, model: string): Promise<void> {
  for (const event of events) {
    if (response.destroyed) return;
    if (model === "drip") {
      await drip(response, event);
    } else response.write(event);
    if (everyMs > 0) await new Promise((r) => setTimeout(r, everyMs));
  }
  if (model === "cut") response.destroy();
  else response.end();
}

function huge(response: ServerResponse, event: string, tail: readonly string[]): void {
  let left = Math.ceil((64 * 1024 * 1024) / event.length);
  const more = (): void => {
    while (left-- > 0) if (!response.write(event)) return void response.once("drain", more);
    response.end(tail.join(""));
  };
  more();
}

/** A plain grey RGB picture as a valid PNG. */
export function tinyPng(width: number, height: number): Buffer {
  const raw = Buffer.alloc((width * 3 + 1) * height, 0x80);
  for (let y = 0; y < height; y++) raw[y * (width * 3 + 1)] = 0; // filter: none
  const chunk = (type: string, data: Buffer): Buffer => {
    const out = Buffer.alloc(12 + data.length);
    out.writeUInt32BE(data.length, 0);
    out.write(type, 4, "latin1");
    data.copy(out, 8);
    out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(raw)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function crc32(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A 440 Hz tone, 16-bit mono at 16 kHz. */
export function tinyWav(seconds: number): Buffer {
  const rate = 16_000;
  const samples = Math.round(seconds * rate);
  const out = Buffer.alloc(44 + samples * 2);
  out.write("RIFF", 0, "latin1");
  out.writeUInt32LE(36 + samples * 2, 4);
  out.write("WAVEfmt ", 8, "latin1");
  out.writeUInt32LE(16, 16);
  out.set([1, 0, 1, 0], 20);
  out.writeUInt32LE(rate, 24);
  out.writeUInt32LE(rate * 2, 28);
  out.set([2, 0, 16, 0], 32);
  out.write("data", 36, "latin1");
  out.writeUInt32LE(samples * 2, 40);
  for (let i = 0; i < samples; i++) out.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / rate)), 44 + i * 2);
  return out;
}
