/** Milliseconds over which a rate is measured. */
const window = 5_000;

/** Bytes a second over the last five. */
export class Rate {
  readonly #marks: { at: number; bytes: number }[] = [];

  /** @param at milliseconds on any clock that only goes forward; `bytes` the sum so far. */
  mark(at: number, bytes: number): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && bytes < last.bytes) this.#marks.length = 0; // started again
    this.#marks.push({ at, bytes });
    while (this.#marks.length > 2 && at - (this.#marks[1]?.at ?? at) >= window) this.#marks.shift();
  }

  /** Undefined until there is something to measure. */
  get perSecond(): number | undefined {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    if (first === undefined || last === undefined || last.at <= first.at) return undefined;
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
  }
}
