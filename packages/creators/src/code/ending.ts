/** Where a completion ends. */
export interface EndingOptions {
  /** Lines at most; 1 ends with the line. */
  readonly lines: number;
  /** Ends, of several lines, where the brackets that it opened are closed again. */
  readonly balance: boolean;
  readonly stop: readonly string[];
  /** What follows on the same line. */
  readonly rest: string;
}

const opens = "([{";
const closes = ")]}";

/**
 * Takes generated characters and gives out those that belong to the completion. Ends with the line (or after `lines`), before a stop text, before
 * a bracket that closes nothing here and stands at the beginning of what follows, and of several lines after the one that closes the last bracket.
 */
export class Ending {
  readonly #options: EndingOptions;
  #waiting = "";
  #depth = 0;
  #opened = false;
  #lines = 1;
  over = false;

  constructor(options: EndingOptions) {
    this.#options = options;
  }

  /** What may be shown now. */
  push(text: string): string {
    if (this.over) return "";
    let shown = "";
    this.#waiting += text;
    while (this.#waiting !== "" && !this.over) {
      const { stop } = this.#options;
      if (stop.some((s) => this.#waiting.startsWith(s))) {
        this.over = true;
        break;
      }
      if (stop.some((s) => s.length > this.#waiting.length && s.startsWith(this.#waiting))) return shown;
      const character = this.#waiting[0]!;
      if (!this.#take(character)) break;
      shown += character;
      this.#waiting = this.#waiting.slice(1);
    }
    return shown;
  }

  /** What was kept back for a stop text that did not come. */
  flush(): string {
    const left = this.over ? "" : this.#waiting;
    this.#waiting = "";
    return left;
  }

  #take(character: string): boolean {
    const { lines, balance, rest } = this.#options;
    if (character === "\n") {
      const whole = balance && this.#opened && this.#depth <= 0;
      if (this.#lines >= lines || whole) {
        this.over = true;
        return false;
      }
      this.#lines++;
    }
    if (opens.includes(character)) {
      this.#depth++;
      this.#opened = true;
    }
    if (closes.includes(character)) {
      if (this.#depth === 0 && (rest.trimStart().startsWith(character) || (balance && lines > 1))) {
        this.over = true;
        return false;
      }
      this.#depth--;
    }
    return true;
  }
}
