import { InksealError } from "@inkseal/core";

/** More than this in one event is no event stream. */
const longestEvent = 16 * 1024 * 1024;
const LF = 10;

/**
 * An incremental parser of server-sent events (WHATWG HTML, 9.2.6): bytes in, the `data` of whole events out. Fields
 * other than `data` do not matter to the protocols we read. Lines end with LF, CR LF or CR; a BOM is skipped.
 * Throws `upstream-invalid` for bytes that are not UTF-8 and for an event over 16 MiB.
 */
export class EventParser {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #rest = "";
  #data: string | undefined;
  #skipLf = false;

  push(bytes: Uint8Array): readonly string[] {
    let text: string;
    try {
      text = this.#decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw new InksealError("upstream-invalid", "the provider's stream is not UTF-8", { cause });
    }
    return this.#take(text);
  }

  /** Call at the end of the stream: a character cut off is `upstream-invalid`. An event without its blank line is dropped. */
  end(): void {
    try {
      this.#decoder.decode();
    } catch (cause) {
      throw new InksealError("upstream-invalid", "the provider's stream ends inside a character", { cause });
    }
  }

  #take(text: string): readonly string[] {
    const out: string[] = [];
    let from = 0;
    if (this.#skipLf && text.length > 0) {
      if (text.charCodeAt(0) === LF) from = 1;
      this.#skipLf = false;
    }
    let cr = text.indexOf("\r", from);
    for (;;) {
      let end = text.indexOf("\n", from);
      let next = end + 1;
      if (cr >= 0 && (end < 0 || cr < end)) {
        end = cr;
        next = cr + 1;
        if (next === text.length) this.#skipLf = true;
        else if (text.charCodeAt(next) === LF) next++;
        cr = text.indexOf("\r", next); // searched anew only when passed: most streams have none
      }
      if (end < 0) break;
      this.#line(this.#rest === "" ? text.slice(from, end) : this.#rest + text.slice(from, end), out);
      this.#rest = "";
      from = next;
    }
    if (from < text.length) this.#rest += text.slice(from);
    if (this.#rest.length + (this.#data?.length ?? 0) > longestEvent)
      throw new InksealError("upstream-invalid", `an event of the provider's stream is longer than ${longestEvent} characters`);
    return out;
  }

  #line(line: string, out: string[]): void {
    if (line === "") {
      if (this.#data !== undefined) out.push(this.#data);
      this.#data = undefined;
      return;
    }
    if (!line.startsWith("data")) return;
    if (line.charCodeAt(4) === 58) {
      const value = line.slice(line.charCodeAt(5) === 32 ? 6 : 5);
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    } else if (line === "data") this.#data = this.#data === undefined ? "" : `${this.#data}\n`;
  }
}
