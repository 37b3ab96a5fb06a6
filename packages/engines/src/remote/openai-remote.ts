import { InksealError, type ModelInfo, type Task } from "@inkseal/core";
import { FormData } from "undici";
import type { Answer, Call, Transport } from "../transport.ts";
import { parseJson } from "./chat-wire.ts";
import { upstreamError } from "./upstream-error.ts";

export type Body = Record<string, unknown>;

export interface RemoteOptions {
  readonly name: string;
  /** Ends before `/chat/completions`: `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly transport: Transport;
  /** Fetches what answers point to outside of the provider's own origin; refuses private addresses. */
  readonly fetcher?: Transport;
  /** Milliseconds without a byte before `upstream-timeout`; 120,000. */
  readonly idleMs?: number;
}

/** A list of models that takes longer than this is none. */
const listIdleMs = 10_000;

/** One provider: its address, its key, its errors, its list of models. */
export class Remote {
  readonly name: string;
  readonly #options: RemoteOptions;
  readonly #base: string;
  readonly #get: Readonly<Record<string, string>>;
  readonly #post: Readonly<Record<string, string>>;

  constructor(options: RemoteOptions) {
    const { name, baseUrl, apiKey, headers } = options;
    if (!URL.canParse(baseUrl))
      throw new InksealError("bad-request", `the provider ${name} has a baseUrl that is no URL`, { param: "providers" });
    this.name = name;
    this.#options = options;
    this.#base = baseUrl.replace(/\/+$/, "");
    this.#get = { ...(apiKey && { authorization: `Bearer ${apiKey}` }), ...headers };
    this.#post = { "content-type": "application/json", ...this.#get };
  }

  /** Throws unless the provider answers 2xx. */
  async call(
    method: Call["method"],
    path: string,
    body: Body | FormData | undefined,
    signal: AbortSignal | undefined,
    idleMs = this.#options.idleMs,
  ): Promise<Answer> {
    const json = body !== undefined && !(body instanceof FormData);
    const answer = await this.#options.transport({
      method,
      url: this.#base + path,
      headers: json ? this.#post : this.#get,
      body: json ? JSON.stringify(body) : body,
      signal,
      idleMs,
    });
    if (answer.status < 200 || answer.status > 299) throw await upstreamError(this.name, answer, this.#options.apiKey);
    return answer;
  }

  async json(path: string, body: Body | FormData, signal: AbortSignal): Promise<{ json: unknown; text: string }> {
    const text = await (await this.call("POST", path, body, signal)).text();
    return { json: parseJson(text), text };
  }

  /** A file that an answer points to: from the provider's own origin as it is, from elsewhere only from the public internet. */
  async file(url: string, signal: AbortSignal): Promise<Uint8Array> {
    const own = URL.canParse(url) && new URL(url).origin === new URL(this.#base).origin;
    const transport = own ? this.#options.transport : this.#options.fetcher;
    if (transport === undefined)
      throw new InksealError("upstream-invalid", `${this.name} answered an address where base64 was asked for`);
    const answer = await transport({ method: "GET", url, signal, idleMs: this.#options.idleMs });
    if (answer.status !== 200) throw await upstreamError(this.name, answer);
    const parts: Uint8Array[] = [];
    for await (const part of answer.body) parts.push(part);
    return new Uint8Array(Buffer.concat(parts));
  }

  /** The provider's own list, asked for anew each time. */
  async models(tasks: readonly Task[]): Promise<readonly ModelInfo[]> {
    const answer = await this.call(
      "GET",
      "/models",
      undefined,
      undefined,
      Math.min(listIdleMs, this.#options.idleMs ?? listIdleMs),
    );
    const body = parseJson(await answer.text()) as { data?: readonly { id?: unknown; context_length?: number }[] } | null;
    if (!Array.isArray(body?.data)) throw new InksealError("upstream-invalid", `${this.name} answered no list of models`);
    return body.data
      .filter((m): m is { id: string; context_length?: number } => typeof m?.id === "string")
      .map(({ id, context_length }) => ({ id, tasks: tasksOf(id, tasks), context: context_length, tools: true }));
  }
}

/** Habits of naming, first match wins. */
const habits: readonly (readonly [RegExp, readonly Task[]])[] = [
  [/embed|bge-|e5-|gte-/, ["embedding"]],
  [/whisper|transcribe|asr/, ["transcription"]],
  [/tts|speech/, ["speech"]],
  [/moderation/, ["moderation"]],
  [/dall-e|image|flux|stable-diffusion|sdxl|cogview|wanx/, ["image", "image-edit"]],
];

/** What a model is for, by its name; words when the name says nothing, everything when the provider has no words. */
function tasksOf(id: string, tasks: readonly Task[]): readonly Task[] {
  const guess = habits.find(([pattern]) => pattern.test(id))?.[1] ?? ["chat", "completion", "infill"];
  const known = guess.filter((t) => tasks.includes(t));
  return known.length > 0 ? known : tasks;
}
