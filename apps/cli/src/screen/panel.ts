import { cut } from "./width.ts";

/** Between two drawings, in milliseconds. */
const pace = 100;

/** Several lines at the foot of a terminal that redraw themselves, on standard error. */
export class Panel {
  readonly #stream: { write(text: string): unknown; columns?: number };
  readonly #now: () => number;
  #lines = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(stream: { write(text: string): unknown; columns?: number }, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
  }

  /** Columns of a line. */
  get columns(): number {
    return (this.#stream.columns || 80) - 1;
  }

  /** Draws what `lines` makes, if the last drawing is a while ago; `last` draws it in any case, and it stays. */
  draw(lines: () => readonly string[], last = false): void {
    const now = this.#now();
    if (!last && now - this.#drawnAt < pace) return;
    this.#drawnAt = now;
    const text = lines().map((line) => `${cut(line, this.columns)}\n`);
    this.#stream.write(`${this.#back()}${text.join("")}`);
    this.#lines = last ? 0 : text.length;
  }

  /** Takes the lines away, so that something else can be written. */
  clear(): void {
    if (this.#lines > 0) this.#stream.write(this.#back());
    this.#lines = 0;
  }

  #back(): string {
    return this.#lines > 0 ? `\x1b[${this.#lines}A\r\x1b[J` : "";
  }
}
