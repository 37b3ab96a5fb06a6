import { cut } from "./width.ts";

const bar = 24;
/** Between two drawings, in milliseconds: on a terminal, and in a log. */
const pace = { terminal: 100, log: 10_000 } as const;

/**
 * Progress of long work, on standard error only. On a terminal silent for the first second, then a line that redraws itself;
 * in a log a plain line every ten seconds.
 */
export class Progress {
  readonly #label: string;
  readonly #stream: { write(text: string): unknown; columns?: number };
  readonly #terminal: boolean;
  readonly #now: () => number;
  readonly #startedAt: number;
  #fraction: number | undefined;
  #note = "";
  #drawnAt = Number.NEGATIVE_INFINITY;
  #drawn = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    label: string,
    stream: { write(text: string): unknown; columns?: number },
    terminal: boolean,
    now: () => number = () => performance.now(),
  ) {
    this.#label = label;
    this.#stream = stream;
    this.#terminal = terminal;
    this.#now = now;
    this.#startedAt = now();
    // redraws the seconds while nothing else happens; never keeps the process alive
    this.#timer = setInterval(() => this.#draw(), terminal ? 500 : pace.log).unref();
  }

  /** `fraction` 0 to 1, or undefined while unknown. */
  update(fraction?: number, note?: string): void {
    if (fraction !== undefined) this.#fraction = Math.min(1, Math.max(0, fraction));
    if (note !== undefined) this.#note = note;
    this.#draw();
  }

  /** Takes the line away until the next drawing, so that another can be written. */
  clear(): void {
    if (this.#drawn && this.#terminal) this.#stream.write("\r\x1b[K");
    this.#drawn = false;
  }

  /** Takes the line away for good. */
  done(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.clear();
  }

  #draw(): void {
    const now = this.#now();
    const elapsed = now - this.#startedAt;
    if (this.#timer === undefined || elapsed < (this.#terminal ? 1000 : pace.log)) return;
    if (now - this.#drawnAt < (this.#terminal ? pace.terminal : pace.log)) return;
    this.#drawnAt = now;
    this.#drawn = true;
    const parts = [this.#label];
    if (this.#fraction !== undefined) {
      const filled = Math.round(this.#fraction * bar);
      if (this.#terminal) parts.push(`${"█".repeat(filled)}${"░".repeat(bar - filled)}`);
      parts.push(`${Math.floor(this.#fraction * 100)} %`);
    }
    parts.push(`${Math.floor(elapsed / 1000)} s`);
    if (this.#note !== "") parts.push(this.#note);
    const text = parts.join("  ");
    if (this.#terminal) this.#stream.write(`\r\x1b[K${cut(text, (this.#stream.columns || 80) - 1)}`);
    else this.#stream.write(`${text}\n`);
  }
}
