import { unlessAborted } from "../abort.ts";

/** Those who wait until something becomes free. */
export class Waiters {
  readonly #wakes = new Set<() => void>();

  get size(): number {
    return this.#wakes.size;
  }
  /** Until the next `wake`. Throws the abort's error as soon as `signal` aborts. */
  async next(signal?: AbortSignal): Promise<void> {
    let wake: () => void = () => undefined;
    const woken = new Promise<void>((resolve) => (wake = resolve));
    this.#wakes.add(wake);
    try {
      await (signal === undefined ? woken : unlessAborted(woken, signal));
    } finally {
      this.#wakes.delete(wake);
    }
  }
  /** All at once; each looks again whether its turn has come. */
  wake(): void {
    for (const wake of this.#wakes) wake();
    this.#wakes.clear();
  }
}
