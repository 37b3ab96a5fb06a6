import { InksealError } from "@inkseal/core";
import type { z } from "zod";
import { errorFrom } from "./envelope.ts";

export interface ClientOptions {
  /** Where the server is: `http://127.0.0.1:8787`; "" in a page that the server itself serves. */
  readonly baseUrl: string;
  /** `ink_…`; not needed while the server has no keys. */
  readonly key?: string;
  /** Which of Inkseal's own faces is asking, for the ledger; absent for everybody else. */
  readonly source?: "studio" | "cli";
  /** Stands in for the platform's fetch. */
  readonly fetch?: typeof fetch;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface WireRequest extends CallOptions {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The address of a path under the base. */
export function addressOf(baseUrl: string, path: string, query: WireRequest["query"] = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  const search = params.toString();
  return `${baseUrl.replace(/\/+$/, "")}${path}${search === "" ? "" : `?${search}`}`;
}

/** Speaks HTTP with the server: everything that is not a good answer is an InksealError. */
export class Wire {
  readonly #options: ClientOptions;
  constructor(options: ClientOptions) {
    this.#options = options;
  }

  address(path: string, query?: WireRequest["query"]): string {
    return addressOf(this.#options.baseUrl, path, query);
  }

  /** Throws the server's own error; `unreachable` when none answers, `cancelled` when `signal` aborted. */
  async send(path: string, request: WireRequest = {}): Promise<Response> {
    const { key, source } = this.#options;
    const headers: Record<string, string> = { ...this.#options.headers };
    if (key !== undefined) headers.authorization = `Bearer ${key}`;
    if (source !== undefined) headers["x-inkseal-source"] = source;
    const send = this.#options.fetch ?? globalThis.fetch;
    let response: Response;
    try {
      response = await send(this.address(path, request.query), {
        method: request.method ?? "GET",
        headers: { ...headers, ...request.headers },
        body: request.body,
        signal: request.signal,
      });
    } catch (thrown) {
      throw broken(thrown, request.signal);
    }
    if (response.ok) return response;
    const body: unknown = await response.json().catch(() => undefined); // not ours: judged by its status
    const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
    throw errorFrom(body, response.status, Number.isFinite(retryAfter) ? retryAfter : undefined);
  }

  /** A JSON answer of the shape that `schema` says. Throws also `unreachable` for any other shape. */
  async json<T extends z.ZodType>(schema: T, path: string, request?: WireRequest): Promise<z.output<T>> {
    const response = await this.send(path, { ...request, headers: { accept: "application/json", ...request?.headers } });
    let body: unknown;
    try {
      body = await response.json();
    } catch (thrown) {
      throw broken(thrown, request?.signal);
    }
    return parsed(schema, body);
  }

  sendJson<T extends z.ZodType>(
    schema: T,
    path: string,
    method: "POST" | "PUT",
    body: unknown,
    options?: CallOptions,
  ): Promise<z.output<T>> {
    const headers = { "content-type": "application/json" };
    return this.json(schema, path, { ...options, method, body: JSON.stringify(body), headers });
  }
}

/** `value` of the shape that this client knows; `unreachable` when whoever answers is no Inkseal of this version. */
export function parsed<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new InksealError(
    "unreachable",
    `the answer is not what this version of the client expects (${issue?.path.join(".") || "body"}: ${issue?.message})`,
    { cause: result.error },
  );
}

/** What a failed fetch or a broken body is. */
export function broken(thrown: unknown, signal: AbortSignal | undefined, run?: string): InksealError {
  if (InksealError.is(thrown)) return thrown;
  if (signal?.aborted) {
    const reason: unknown = signal.reason;
    if (InksealError.is(reason)) return reason;
    const late = reason instanceof Error && reason.name === "TimeoutError";
    return late
      ? new InksealError("deadline-exceeded", "the call took longer than its signal allowed", { cause: reason, run })
      : new InksealError("cancelled", "the call was cancelled", { cause: reason, run });
  }
  return new InksealError("unreachable", "the server did not answer, or the connection broke", { cause: thrown, run });
}
