import { InksealError } from "@inkseal/core";
import { Agent, type Dispatcher, errors, type FormData, request } from "undici";

export interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | FormData;
  readonly signal?: AbortSignal;
  /** Milliseconds without a byte before `upstream-timeout`. */
  readonly idleMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Paused while nobody reads. Leaving the loop early closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The whole body as UTF-8; `upstream-invalid` when it is not. */
  text(): Promise<string>;
}

/** How engines reach the network. Throws `upstream-error` (refused, reset, DNS), `upstream-timeout`, `upstream-invalid`. */
export type Transport = (call: Call) => Promise<Answer>;

/**
 * The default transport, on undici's own `request` with kept-alive connections: the web's `fetch` costs a second stream
 * and about three times the time per call, and this is the hot path of the gateway.
 */
export function undiciTransport(options: Agent.Options = {}): Transport & { close(): Promise<void> } {
  const agent = new Agent({
    keepAliveTimeout: 30_000,
    keepAliveMaxTimeout: 300_000,
    connections: null,
    pipelining: 1,
    connect: { timeout: 10_000 },
    ...options,
  });
  const send = async ({ method, url, headers, body, signal, idleMs = 120_000 }: Call): Promise<Answer> => {
    let answer: Dispatcher.ResponseData;
    try {
      answer = await request(url, {
        dispatcher: agent,
        method,
        headers,
        body,
        signal,
        headersTimeout: idleMs,
        bodyTimeout: idleMs,
      });
    } catch (cause) {
      throw transportError(cause, signal);
    }
    const { statusCode, headers: answered, body: stream } = answer;
    return {
      status: statusCode,
      headers: answered,
      body: guarded(stream, signal),
      text: () => wholeText(guarded(stream, signal)),
    };
  };
  return Object.assign(send, { close: () => agent.destroy() });
}

async function* guarded(stream: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (cause) {
    throw transportError(cause, signal);
  }
}

async function wholeText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(parts.length === 1 ? parts[0] : Buffer.concat(parts));
  } catch (cause) {
    throw new InksealError("upstream-invalid", "the provider's answer is not UTF-8", { cause });
  }
}

function transportError(cause: unknown, signal: AbortSignal | undefined): InksealError {
  if (InksealError.is(cause)) return cause;
  if (signal?.aborted)
    return InksealError.is(signal.reason) ? signal.reason : new InksealError("cancelled", "the run was cancelled", { cause });
  if (
    cause instanceof errors.HeadersTimeoutError ||
    cause instanceof errors.BodyTimeoutError ||
    cause instanceof errors.ConnectTimeoutError
  ) {
    return new InksealError("upstream-timeout", "the provider stalled", { cause });
  }
  if (
    cause instanceof errors.SocketError ||
    cause instanceof errors.ResponseContentLengthMismatchError ||
    cause instanceof errors.HTTPParserError
  ) {
    return new InksealError("upstream-invalid", "the provider closed the connection before its answer was whole", { cause });
  }
  const code = (cause as { code?: string }).code ?? "";
  return new InksealError("upstream-error", `the provider cannot be reached${code === "" ? "" : ` (${code})`}`, { cause });
}
