import { InksealError } from "@inkseal/core";

/**
 * One signal for a run: the caller's abort or the deadline, whichever comes first. The reason is an InksealError
 * (`cancelled` or `deadline-exceeded`). `AbortSignal.any` plus `timeout` costs three times as much per run.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #outer: AbortSignal | undefined;

  constructor(ms: number, outer: AbortSignal | undefined) {
    this.#outer = outer;
    this.#timer = setTimeout(() => {
      this.#controller.abort(new InksealError("deadline-exceeded", `the run took longer than its ${ms} ms`));
    }, ms);
    if (outer?.aborted) this.#cancel();
    else outer?.addEventListener("abort", this.#cancel, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#cancel);
  }

  readonly #cancel = (): void => {
    const reason: unknown = this.#outer?.reason;
    this.#controller.abort(
      InksealError.is(reason) ? reason : new InksealError("cancelled", "the caller cancelled the run", { cause: reason }),
    );
  };
}
