/** One server-sent event. */
export interface ServerEvent {
  /** `message` when the stream names none. */
  readonly event: string;
  readonly data: string;
}

/**
 * Incremental parser of `text/event-stream`: text in, whole events out. Ids and retry times are read over.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class SseParser {
  /** Pieces of the line that has not ended. */
  #pieces: string[] = [];
  /** The last text ended with a carriage return: a line feed that follows belongs to it. */
  #afterReturn = false;
  #begun = false;
  #event = "";
  #data: string[] = [];

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    if (text === "") return events;
    let start = 0;
    if (!this.#begun && text.startsWith("\ufeff")) start = 1;
    if (this.#afterReturn && text.startsWith("\n")) start = 1;
    this.#begun = true;
    this.#afterReturn = text.endsWith("\r");
    for (let i = start; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c !== 10 && c !== 13) continue;
      this.#pieces.push(text.slice(start, i));
      this.#line(this.#pieces.length === 1 ? (this.#pieces[0] as string) : this.#pieces.join(""), events);
      this.#pieces = [];
      if (c === 13 && text.charCodeAt(i + 1) === 10) i++;
      start = i + 1;
    }
    if (start < text.length) this.#pieces.push(text.slice(start));
    return events;
  }

  #line(line: string, events: ServerEvent[]): void {
    if (line === "") {
      if (this.#data.length > 0) events.push({ event: this.#event || "message", data: this.#data.join("\n") });
      this.#event = "";
      this.#data = [];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment: heartbeat
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
  }
}

/**
 * Events of a byte stream, whatever way it was cut: characters of several bytes are put together again.
 * Leaving the loop cancels the stream. An event that the stream's end cuts off is dropped, as the standard says.
 */
export async function* readEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void, undefined> {
  const parser = new SseParser();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    await reader.cancel().catch(() => {}); // already broken: nothing to cancel
  }
}
