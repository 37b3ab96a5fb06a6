import {
  type Chunk,
  type Engine,
  InksealError,
  type MediaPart,
  type ModelInfo,
  type Plan,
  sniff,
  type Task,
} from "@inkseal/core";
import { FormData } from "undici";
import type { Answer, Call, Transport } from "../transport.ts";
import { chunksOf, parseJson, usageOf, type WireUsage } from "./chat-wire.ts";
import {
  chatBody,
  completionBody,
  defined,
  embeddingBody,
  imageBody,
  moderationBody,
  speechBody,
  wireParams,
} from "./openai-body.ts";
import { EventParser } from "./sse.ts";
import { upstreamError } from "./upstream-error.ts";

export interface OpenaiOptions {
  readonly name: string;
  /** Ends before `/chat/completions`: `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  readonly place: Engine["place"];
  readonly headers?: Readonly<Record<string, string>>;
  readonly transport: Transport;
  readonly tasks?: readonly Task[];
  /** Milliseconds without a byte before `upstream-timeout`; 120,000. */
  readonly idleMs?: number;
  /** Takes `stream_options.include_usage`: then usage is asked for even where the caller does not want to see it. */
  readonly usageInStream?: boolean;
}

const everything: readonly Task[] = [
  "chat",
  "completion",
  "infill",
  "embedding",
  "image",
  "image-edit",
  "speech",
  "transcription",
  "moderation",
];
type Batch = readonly Chunk[];

/**
 * Any server that speaks OpenAI's HTTP API. Parameters that came in the same dialect go out as they came; answers carry
 * the provider's own events in `wire`, so that unknown members pass unharmed both ways.
 * Throws `upstream-*`, `cancelled`; see `upstream-error.ts` and `transport.ts`.
 */
export function openaiEngine(options: OpenaiOptions): Engine {
  const { name, place, tasks = everything } = options;
  const remote = new Remote(options);
  return {
    name,
    place,
    tasks,
    models: (signal) => remote.models(tasks, signal),
    generate: (plan, signal) => generate(remote, plan, signal),
  };
}

function generate(remote: Remote, plan: Plan, signal: AbortSignal): AsyncIterable<Batch> {
  const { brief, model } = plan;
  switch (brief.task) {
    case "chat":
      return words(remote, "/chat/completions", chatBody(brief, model), brief.wire?.dialect === "openai.chat", signal);
    case "completion":
    case "infill":
      return words(remote, "/completions", completionBody(brief, model), brief.wire?.dialect === "openai.completions", signal);
    case "embedding":
      return embeddings(remote, embeddingBody(brief, model), brief.wire?.dialect === "openai.embeddings", signal);
    case "moderation":
      return moderation(remote, moderationBody(brief, model), signal);
    case "image":
      return pictures(remote, "/images/generations", imageBody(brief, model), signal);
    case "image-edit":
      return pictures(remote, "/images/edits", imageForm(plan), signal);
    case "speech":
      return sound(remote, speechBody(brief, model), signal);
    case "transcription":
      return transcription(remote, transcriptionForm(plan), signal);
    default:
      throw new InksealError("cannot-do", `${remote.name} cannot do ${brief.task}`);
  }
}

/** One provider: its address, its key, its errors. */
class Remote {
  readonly name: string;
  readonly usageInStream: boolean;
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #transport: Transport;
  readonly #idleMs: number | undefined;

  constructor({ name, baseUrl, apiKey, headers, transport, idleMs, usageInStream = false }: OpenaiOptions) {
    this.name = name;
    this.usageInStream = usageInStream;
    this.#base = baseUrl.replace(/\/+$/, "");
    this.#headers = { ...(apiKey && { authorization: `Bearer ${apiKey}` }), ...headers };
    this.#transport = transport;
    this.#idleMs = idleMs;
  }

  /** Throws unless the provider answers 2xx. */
  async call(
    method: Call["method"],
    path: string,
    body: Record<string, unknown> | FormData | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const form = body instanceof FormData;
    const answer = await this.#transport({
      method,
      url: this.#base + path,
      headers: form || body === undefined ? this.#headers : { ...this.#headers, "content-type": "application/json" },
      body: body === undefined || form ? body : JSON.stringify(body),
      signal,
      idleMs: this.#idleMs,
    });
    if (answer.status < 200 || answer.status > 299) throw await upstreamError(this.name, answer);
    return answer;
  }

  async json(
    path: string,
    body: Record<string, unknown> | FormData,
    signal: AbortSignal,
  ): Promise<{ json: unknown; text: string }> {
    const text = await (await this.call("POST", path, body, signal)).text();
    return { json: parseJson(text), text };
  }

  async models(tasks: readonly Task[], signal: AbortSignal | undefined): Promise<readonly ModelInfo[]> {
    const answer = await this.call("GET", "/models", undefined, signal);
    const { data = [] } = parseJson(await answer.text()) as { data?: readonly { id: string; context_length?: number }[] };
    return data.map(({ id, context_length }) => ({ id, tasks: tasksOf(id, tasks), context: context_length, tools: true }));
  }
}

/** What a model is for, by the field's habits of naming; everything the provider can do when the name says nothing. */
function tasksOf(id: string, tasks: readonly Task[]): readonly Task[] {
  const guess: readonly Task[] | undefined = /embed|bge-|e5-|gte-/.test(id)
    ? ["embedding"]
    : /tts|speech/.test(id)
      ? ["speech"]
      : /whisper|transcribe|asr/.test(id)
        ? ["transcription"]
        : /moderation/.test(id)
          ? ["moderation"]
          : /dall-e|image|flux|stable-diffusion|sdxl|cogview|wanx/.test(id)
            ? ["image", "image-edit"]
            : ["chat", "completion", "infill"];
  const known = guess.filter((t) => tasks.includes(t));
  return known.length > 0 ? known : tasks;
}

async function* words(
  remote: Remote,
  path: string,
  body: Record<string, unknown>,
  sameDialect: boolean,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  if (body.stream !== true) {
    const answer = await remote.call("POST", path, body, signal);
    yield chunksOf(await answer.text(), sameDialect);
    return;
  }
  const options = body.stream_options as { include_usage?: boolean } | undefined;
  const askUsage = remote.usageInStream && options?.include_usage !== true;
  const sent = askUsage ? { ...body, stream_options: { ...options, include_usage: true } } : body;
  const answer = await remote.call("POST", path, sent, signal);
  if (!String(answer.headers["content-type"] ?? "").includes("text/event-stream")) {
    throw new InksealError(
      "upstream-invalid",
      `${remote.name} answered a stream request with ${String(answer.headers["content-type"] ?? "no type")}`,
    );
  }
  const parser = new EventParser();
  let done = false;
  let finished = false;
  for await (const bytes of answer.body) {
    const batch: Chunk[] = [];
    for (const data of parser.push(bytes)) {
      if (data === "[DONE]") {
        done = true;
        continue;
      }
      for (const chunk of chunksOf(data, sameDialect)) {
        if (chunk.finish !== undefined) finished = true;
        // usage that only we asked for is ours: without `wire` it is not passed on
        batch.push(askUsage && isUsageOnly(chunk) ? { ...chunk, wire: undefined } : chunk);
      }
    }
    if (batch.length > 0) yield batch;
    if (done) return;
  }
  parser.end();
  // some servers close after the finish without [DONE]; without either the answer was cut off
  if (!finished) throw new InksealError("upstream-invalid", `${remote.name} closed the stream before its end`);
}

const isUsageOnly = (c: Chunk): boolean =>
  c.usage !== undefined && c.text === undefined && c.finish === undefined && c.toolCalls === undefined;

async function* embeddings(
  remote: Remote,
  body: Record<string, unknown>,
  sameDialect: boolean,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const wire = await remote.json("/embeddings", body, signal);
  const { data = [], usage } = wire.json as { data?: readonly { index: number; embedding: unknown }[]; usage?: WireUsage };
  if (data.length === 0) throw new InksealError("upstream-invalid", `${remote.name} answered no vectors`);
  yield data.map(({ index, embedding }, i) => ({
    index,
    vector: typeof embedding === "string" ? floatsOf(embedding) : (embedding as number[]),
    ...(i === 0 && { usage: usage && usageOf(usage), finish: "stop" }),
    wire: sameDialect ? wire : undefined,
  }));
}

function floatsOf(base64: string): number[] {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  return Array.from(new Float32Array(bytes.buffer, 0, Math.floor(bytes.length / 4)));
}

async function* moderation(remote: Remote, body: Record<string, unknown>, signal: AbortSignal): AsyncGenerator<Batch> {
  const wire = await remote.json("/moderations", body, signal);
  yield [{ index: 0, json: wire.json, finish: "stop" }];
}

async function* pictures(
  remote: Remote,
  path: string,
  body: Record<string, unknown> | FormData,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const { json } = await remote.json(path, body, signal);
  const { data = [], usage } = json as { data?: readonly { b64_json?: string; url?: string }[]; usage?: WireUsage };
  if (data.length === 0) throw new InksealError("upstream-invalid", `${remote.name} answered no pictures`);
  yield data.map(({ b64_json }, i): Chunk => {
    if (b64_json === undefined)
      throw new InksealError("upstream-invalid", `${remote.name} answered an address where base64 was asked for`);
    const bytes = new Uint8Array(Buffer.from(b64_json, "base64"));
    const media: MediaPart = { mediaType: sniff(bytes), bytes, last: true };
    return { index: i, media, finish: "stop", ...(i === 0 && usage && { usage: { ...usageOf(usage), images: data.length } }) };
  });
}

/** Sound passes piece by piece; its type is the provider's word, else by its first bytes. */
async function* sound(remote: Remote, body: Record<string, unknown>, signal: AbortSignal): AsyncGenerator<Batch> {
  const answer = await remote.call("POST", "/audio/speech", body, signal);
  const told = String(answer.headers["content-type"] ?? "").split(";")[0] as string;
  let mediaType: string | undefined;
  for await (const bytes of answer.body) {
    mediaType ??= told.startsWith("audio/") ? normalAudio(told) : sniff(bytes);
    yield [{ index: 0, media: { mediaType, bytes, last: false } }];
  }
  if (mediaType === undefined) throw new InksealError("upstream-invalid", `${remote.name} answered no sound`);
  yield [{ index: 0, media: { mediaType, bytes: new Uint8Array(0), last: true }, finish: "stop" }];
}

const audioNames: Readonly<Record<string, string>> = {
  "audio/x-wav": "audio/wav",
  "audio/wave": "audio/wav",
  "audio/mp3": "audio/mpeg",
  "audio/opus": "audio/ogg",
  "audio/x-flac": "audio/flac",
};
const normalAudio = (type: string): string => audioNames[type] ?? type;

async function* transcription(remote: Remote, form: FormData, signal: AbortSignal): AsyncGenerator<Batch> {
  const text = await (await remote.call("POST", "/audio/transcriptions", form, signal)).text();
  const format = form.get("response_format") ?? "json";
  if (format === "text" || format === "srt" || format === "vtt") {
    yield [{ index: 0, text, finish: "stop" }];
    return;
  }
  const json = parseJson(text) as { text?: string; duration?: number; usage?: WireUsage };
  yield [
    {
      index: 0,
      text: json.text ?? "",
      json,
      finish: "stop",
      usage: { ...(json.usage && usageOf(json.usage)), seconds: json.duration },
    },
  ];
}

function imageForm({ brief, model }: Plan): FormData {
  const c = brief.controls;
  const own = wireParams(brief, "openai.image-edits") ?? defined({ n: c.n, size: c.size, quality: c.quality });
  const many = brief.files.filter((f) => f.role === "image").length > 1;
  return formOf({ ...own, model, prompt: brief.text ?? "" }, brief, (role) =>
    role === "mask" ? "mask" : many ? "image[]" : "image",
  );
}

function transcriptionForm({ brief, model }: Plan): FormData {
  const c = brief.controls;
  const own = wireParams(brief, "openai.transcriptions") ?? defined({ language: c.language, temperature: c.temperature });
  return formOf({ ...own, model, ...(brief.text !== undefined && { prompt: brief.text }) }, brief, () => "file");
}

function formOf(fields: Record<string, unknown>, brief: Plan["brief"], fieldOf: (role: string) => string): FormData {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    for (const v of Array.isArray(value) ? value : [value])
      form.append(Array.isArray(value) ? `${key}[]` : key, typeof v === "object" ? JSON.stringify(v) : String(v));
  }
  for (const file of brief.files)
    form.append(fieldOf(file.role ?? "image"), new Blob([Uint8Array.from(file.bytes)], { type: file.mediaType }), file.name);
  return form;
}
