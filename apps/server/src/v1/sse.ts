import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** Headers of an OpenAI-compatible event stream; `no-transform` and `X-Accel-Buffering` keep proxies from gathering it. */
export const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;

/** Writes and, when the socket is full, waits: a slow reader slows the engine. Resolves false once the reader is gone. */
export async function write(response: ServerResponse, data: string | Uint8Array): Promise<boolean> {
  if (response.destroyed) return false;
  if (response.write(data)) return true;
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  response.once("close", onClose);
  try {
    await once(response, "drain", { signal: gone.signal });
    return true;
  } catch {
    return false;
  } finally {
    response.off("close", onClose);
  }
}
