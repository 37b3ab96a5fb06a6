import { InksealError } from "@inkseal/core";
import type { Answer, Call, Transport } from "../transport.ts";
import { cancelled } from "./exchange.ts";
import { upstreamError } from "./upstream-error.ts";

/**
 * The web's `fetch` over our transport, for provider libraries: their calls share its connections, time-outs and
 * cancellation. Refusals (not 2xx) and bytes that are not UTF-8 throw our errors; libraries wrap them, and
 * {@link errorOf} takes them out again.
 */
export function sdkFetch(
  name: string,
  transport: Transport,
  apiKey: string | undefined,
  idleMs: number | undefined,
): typeof fetch {
  return async (input, init) => {
    const request = input instanceof Request ? input : undefined;
    const headers: Record<string, string> = {};
    for (const [key, value] of new Headers(init?.headers ?? request?.headers)) headers[key] = value;
    delete headers["content-length"];
    const answer = await transport({
      method: (init?.method ?? request?.method ?? "GET").toUpperCase() as Call["method"],
      url: request?.url ?? String(input),
      headers,
      body: (init?.body ?? undefined) as string | undefined,
      signal: init?.signal ?? undefined,
      idleMs,
    });
    if (answer.status < 200 || answer.status > 299) throw await upstreamError(name, answer, apiKey);
    const type = String(answer.headers["content-type"] ?? "");
    if (!/json|event-stream/.test(type))
      throw new InksealError("upstream-invalid", `${name} answered ${type.slice(0, 100) || "no type"}`);
    return new Response(utf8Only(answer), { status: answer.status, headers: { "content-type": type } });
  };
}

function utf8Only({ body }: Answer): ReadableStream<Uint8Array> {
  const reader = body[Symbol.asyncIterator]();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const check = (bytes?: Uint8Array): void => {
    try {
      decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (cause) {
      throw new InksealError("upstream-invalid", "the provider's answer is not UTF-8", { cause });
    }
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.next();
        check(done ? undefined : value);
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await reader.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/** What a provider's library threw, as the error of ours inside of it or the nearest one. */
export function errorOf(thrown: unknown, name: string, signal: AbortSignal): InksealError {
  if (signal.aborted) return cancelled(signal); // first: a library that ends quietly leaves an answer that looks cut off
  for (
    let at = thrown, depth = 0;
    depth < 5 && at !== undefined && at !== null;
    depth++, at = (at as { cause?: unknown }).cause
  )
    if (InksealError.is(at)) return at;
  if (thrown instanceof SyntaxError || /JSON/.test(String((thrown as Error)?.message)))
    return new InksealError("upstream-invalid", `${name} sent something that is not JSON`, { cause: thrown });
  return new InksealError("upstream-error", `${name} failed`, { cause: thrown });
}
