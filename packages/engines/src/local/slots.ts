import { InksealError } from "@inkseal/core";
import { unlessAborted } from "../abort.ts";

export interface SlotsOptions<T> {
  make(): Promise<T>;
  free(slot: T): Promise<void>;
  /** Slots at once. They are made one by one, when those there are busy. */
  readonly most: number;
  /** Callers that may wait for one. */
  readonly waiting: number;
}

/** A few costly things that are lent out, first come, first served. */
export class Slots<T> {
  readonly #options: SlotsOptions<T>;
  readonly #idle: T[] = [];
  readonly #queue: (() => void)[] = [];
  #made = 0;
  #making: Promise<unknown> = Promise.resolve();

  constructor(options: SlotsOptions<T>) {
    this.#options = options;
  }

  /**
   * A slot to be given back, of the idle ones that for which `worth` is greatest. Throws `overloaded` when too many
   * wait already, `cancelled` or the signal's own reason, and what `make` throws.
   */
  async take(signal: AbortSignal, worth: (slot: T) => number = () => 0): Promise<T> {
    for (;;) {
      if (this.#idle.length > 0) {
        const best = this.#idle.map((slot) => [slot, worth(slot)] as const).reduce((a, b) => (b[1] > a[1] ? b : a))[0];
        this.#idle.splice(this.#idle.indexOf(best), 1);
        return best;
      }
      if (this.#made < this.#options.most) {
        this.#made++;
        const making = this.#options.make();
        this.#making = Promise.allSettled([this.#making, making]);
        // nobody may wait for it any more once it is there
        making
          .then((slot) => this.give(slot))
          .catch(() => {
            this.#made--;
            this.#queue.shift()?.();
          });
        await unlessAborted(making, signal);
        continue;
      }
      if (this.#queue.length >= this.#options.waiting)
        throw new InksealError("overloaded", `${this.#queue.length} runs wait for this model already`, { retryAfter: 5 });
      await this.#turn(signal);
    }
  }

  give(slot: T): void {
    this.#idle.push(slot);
    this.#queue.shift()?.();
  }

  /** Frees all that were given back, and those still being made. */
  async close(): Promise<void> {
    await this.#making;
    await Promise.all(this.#idle.splice(0).map((slot) => this.#options.free(slot)));
  }

  async #turn(signal: AbortSignal): Promise<void> {
    let called = false;
    let call: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => {
      call = () => {
        called = true;
        resolve();
      };
    });
    this.#queue.push(call);
    try {
      await unlessAborted(mine, signal);
    } catch (error) {
      if (called)
        this.#queue.shift()?.(); // who was called and left calls the next
      else this.#queue.splice(this.#queue.indexOf(call), 1);
      throw error;
    }
  }
}
