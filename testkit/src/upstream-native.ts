import type { ServerResponse } from "node:http";
import { drip, recordingServer, type Seen, type Upstream } from "./recording-server.ts";

type Body = Record<string, unknown>;

/** How a provider with its own wire format answers. */
interface Dialect {
  model(path: string, body: Body): string;
  streams(path: string, body: Body): boolean;
  list(): Body;
  whole(model: string, words: string): Body;
  events(model: string, words: string): readonly string[];
  error(status: number): Body;
  words(body: Body): string;
}

/**
 * A provider on loopback that speaks Anthropic's Messages API and misbehaves by model name: `echo`, `tools`, `think`,
 * `slow` (20 ms an event), `length`, `refuse`, `stall`, `drip`, `cut`, `bad-utf8`, `bad-json`, `html`, `error-event`, `status:CODE`.
 * @see https://docs.anthropic.com/en/api/messages https://docs.anthropic.com/en/api/messages-streaming
 */
export const startAnthropic = (): Promise<Upstream> => start(anthropic);

/** The same for Google's Gemini API. @see https://ai.google.dev/api/generate-content */
export const startGemini = (): Promise<Upstream> => start(gemini);

const start = (dialect: Dialect): Promise<Upstream> =>
  recordingServer((seen, response) =>
    seen.method === "GET" ? json(response, 200, dialect.list()) : answer(dialect, seen, response),
  );

const json = (response: ServerResponse, status: number, body: unknown): void =>
  void response
    .writeHead(status, { "content-type": "application/json", ...(status === 429 && { "retry-after": "7" }) })
    .end(JSON.stringify(body));

async function answer(dialect: Dialect, { path, body }: Seen, response: ServerResponse): Promise<void> {
  const model = dialect.model(path, body);
  const words = dialect.words(body);
  if (model === "stall") return;
  if (model === "html") return void response.writeHead(200, { "content-type": "text/html" }).end("<html>gateway</html>");
  if (model.startsWith("status:")) return json(response, Number(model.slice(7)), dialect.error(Number(model.slice(7))));
  if (!dialect.streams(path, body)) {
    response.writeHead(200, { "content-type": "application/json", ...(model === "cut" && { "content-length": 5000 }) });
    const whole = JSON.stringify(dialect.whole(model, words));
    if (model === "cut") {
      response.write(whole);
      setTimeout(() => response.destroy(), 5);
    } else if (model === "bad-utf8") response.end(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]));
    else response.end(model === "bad-json" ? "{not json" : whole);
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  const events = dialect.events(model, words);
  const sent = /^(cut|bad-|error-event)/.test(model) ? events.slice(0, 3) : events;
  for (const event of sent) {
    if (response.destroyed) return;
    if (model === "drip") {
      await drip(response, event);
    } else response.write(event);
    if (model === "slow") await new Promise((r) => setTimeout(r, 20));
  }
  if (model === "bad-json") response.write("data: {not json\n\n");
  if (model === "bad-utf8") response.write(Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a]));
  if (model === "error-event") {
    response.write(
      `event: error\ndata: ${JSON.stringify({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } })}\n\n`,
    );
  }
  response.end();
}

const piecesOf = (model: string, words: string): readonly string[] =>
  model === "slow" ? Array.from({ length: 200 }, (_, i) => `word${i} `) : (words.match(/\S+\s*/g) ?? [""]);
const city = { city: "Xi'an" };

const anthropic: Dialect = {
  model: (_path, body) => String(body.model),
  streams: (_path, body) => body.stream === true,
  list: () => ({
    data: [{ type: "model", id: "claude-test", display_name: "Claude Test", created_at: "2025-01-01T00:00:00Z" }],
    has_more: false,
    first_id: "claude-test",
    last_id: "claude-test",
  }),
  error: (status) => ({
    type: "error",
    error: { type: "scripted_error", message: `scripted ${status}` },
    request_id: "req_up",
  }),
  words: (body) => {
    const messages = (body.messages ?? []) as { content: { type: string; text?: string }[] | string }[];
    const content = messages.at(-1)?.content ?? "";
    return typeof content === "string" ? content : content.map((b) => b.text ?? "").join("");
  },
  whole: (model, words) => ({
    ...head(model),
    content: [
      ...(model === "think" ? [{ type: "thinking", thinking: "let me see", signature: "c2ln" }] : []),
      { type: "text", text: words },
      ...(model === "tools" ? [{ type: "tool_use", id: "toolu_1", name: "weather", input: city }] : []),
    ],
    stop_reason: stopReason(model),
    usage: { ...startUsage, output_tokens: 4 },
  }),
  events: (model, words) => {
    const event = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
    const events = [
      event("message_start", {
        message: { ...head(model), content: [], stop_reason: null, usage: { ...startUsage, output_tokens: 1 } },
      }),
    ];
    let index = 0;
    const block = (content_block: object, deltas: readonly object[]): void => {
      events.push(event("content_block_start", { index, content_block }));
      for (const delta of deltas) events.push(event("content_block_delta", { index, delta }));
      events.push(event("content_block_stop", { index: index++ }));
    };
    if (model === "think")
      block({ type: "thinking", thinking: "", signature: "" }, [
        { type: "thinking_delta", thinking: "let me see" },
        { type: "signature_delta", signature: "c2ln" },
      ]);
    events.push(event("ping", {}));
    block(
      { type: "text", text: "" },
      piecesOf(model, words).map((text) => ({ type: "text_delta", text })),
    );
    if (model === "tools") {
      const deltas = ["", '{"city":', ' "Xi\'an"}'].map((partial_json) => ({ type: "input_json_delta", partial_json }));
      block({ type: "tool_use", id: "toolu_1", name: "weather", input: {} }, deltas);
      block({ type: "tool_use", id: "toolu_2", name: "now", input: {} }, [{ type: "input_json_delta", partial_json: "" }]);
    }
    const delta = { stop_reason: stopReason(model), stop_sequence: null };
    return [...events, event("message_delta", { delta, usage: { output_tokens: 4 } }), event("message_stop", {})];
  },
};

const head = (model: string): Body => ({ id: "msg_up", type: "message", role: "assistant", model, stop_sequence: null });
const startUsage = { input_tokens: 9, cache_creation_input_tokens: 2, cache_read_input_tokens: 3 };
const stopReason = (model: string): string =>
  ({ tools: "tool_use", length: "max_tokens", refuse: "refusal" })[model] ?? "end_turn";

const gemini: Dialect = {
  model: (path) => decodeURIComponent(/\/models\/(.+):\w+/.exec(path)?.[1] ?? ""),
  streams: (path) => path.includes(":streamGenerateContent"),
  list: () => ({
    models: [
      {
        name: "models/gemini-test",
        displayName: "Gemini Test",
        inputTokenLimit: 1000,
        supportedGenerationMethods: ["generateContent"],
      },
      { name: "models/embed-test", displayName: "Embed", supportedGenerationMethods: ["embedContent"] },
    ],
  }),
  error: (code) => ({ error: { code, message: `scripted ${code}`, status: "SCRIPTED" } }),
  words: (body) => {
    const contents = (body.contents ?? []) as { parts: { text?: string }[] }[];
    return (contents.at(-1)?.parts ?? []).map((p) => p.text ?? "").join("");
  },
  whole: (model, words) =>
    model === "blocked"
      ? { promptFeedback: { blockReason: "SAFETY" }, usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 } }
      : generated(model, partsFor(model, words), true),
  events: (model, words) => {
    const send = (body: Body): string => `data: ${JSON.stringify(body)}\r\n\r\n`;
    if (model === "blocked") return [send(gemini.whole(model, words))];
    const parts =
      model === "tools" || model === "think" ? partsFor(model, words) : piecesOf(model, words).map((text) => ({ text }));
    return parts.map((part, i) => send(generated(model, [part], i === parts.length - 1 && model !== "cut")));
  },
};

const partsFor = (model: string, text: string): object[] => [
  ...(model === "think" ? [{ text: "let me see", thought: true }] : []),
  { text },
  ...(model === "tools"
    ? [{ functionCall: { name: "weather", args: city }, thoughtSignature: "c2ln" }, { functionCall: { name: "now", args: {} } }]
    : []),
];

const generated = (model: string, parts: readonly object[], last: boolean): Body => ({
  candidates: [
    {
      content: { role: "model", parts },
      index: 0,
      ...(last && { finishReason: { length: "MAX_TOKENS", refuse: "SAFETY" }[model] ?? "STOP" }),
    },
  ],
  usageMetadata: {
    promptTokenCount: 9,
    candidatesTokenCount: last ? 4 : 1,
    thoughtsTokenCount: 2,
    cachedContentTokenCount: 3,
    totalTokenCount: 15,
  },
  modelVersion: model,
});
