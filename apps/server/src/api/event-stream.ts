import type { FastifyReply } from "fastify";
import { streamHeaders, write } from "../v1/sse.ts";

/** Proxies drop connections that are silent for a minute or so. */
export const heartbeatMs = 15_000;

/** An answer as server-sent events: `event:` is the type, `data:` the JSON. Takes the reply out of Fastify's hands. */
export class EventStream {
  readonly #reply: FastifyReply;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...streamHeaders });
    raw.flushHeaders();
    this.#timer = setInterval(() => {
      if (!raw.destroyed && !raw.writableNeedDrain) raw.write(": still here\n\n");
    }, heartbeatMs);
  }

  /** Waits while the reader is behind; false once it is gone. */
  send<T extends { readonly type: string }>(event: T): Promise<boolean> {
    return write(this.#reply.raw, frame(event));
  }

  /** Sends what the reader may as well miss: only when it is not behind. */
  offer<T extends { readonly type: string }>(event: T): void {
    const { raw } = this.#reply;
    if (!raw.destroyed && !raw.writableNeedDrain) raw.write(frame(event));
  }

  end(): void {
    clearInterval(this.#timer);
    this.#reply.raw.end();
  }
}

const frame = (event: { readonly type: string }): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

/** Whether the caller asked for events by its Accept header. */
export const wantsEvents = (accept: string | undefined): boolean => accept?.includes("text/event-stream") === true;
