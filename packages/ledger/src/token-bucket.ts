/** `rate` requests a minute, as many at once, refilled evenly. Times in milliseconds. */
export class TokenBucket {
  readonly #rate: number;
  #level: number;
  #at: number | undefined;

  constructor(rate: number) {
    this.#rate = rate;
    this.#level = Math.max(1, rate);
  }

  /** Takes one and returns 0, or returns how long until there is one. */
  take(now: number): number {
    const passed = Math.max(0, now - (this.#at ?? now));
    this.#at = now;
    this.#level = Math.min(Math.max(1, this.#rate), this.#level + (passed * this.#rate) / 60_000);
    // tolerance: ten refills of a tenth must make one
    if (this.#level < 1 - 1e-9) return ((1 - this.#level) * 60_000) / this.#rate;
    this.#level -= 1;
    return 0;
  }
}
