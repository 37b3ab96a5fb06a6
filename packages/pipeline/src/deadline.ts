import { InksealError } from "@inkseal/core";

const longestMs = 600_000;

/**
 * One signal for a run: the caller's abort or the deadline, whichever comes first. The reason is an InksealError
 * (`cancelled` or `deadline-exceeded`). A caller's signal without a deadline of the run's own is used as it is: a second
 * controller and its listeners cost as much as the guard.
 */
export class Deadline {
  readonly signal: AbortSignal;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #unlisten: (() => void) | undefined;

  constructor(ms: number | undefined, outer: AbortSignal | undefined) {
    if (ms === undefined && outer !== undefined) {
      this.signal = outer;
      return;
    }
    const controller = new AbortController();
    this.signal = controller.signal;
    const limit = ms ?? longestMs;
    this.#timer = setTimeout(
      () => controller.abort(new InksealError("deadline-exceeded", `the run took longer than its ${limit} ms`)),
      limit,
    );
    if (outer === undefined) return;
    const cancel = (): void => controller.abort(cancelReason(outer));
    if (outer.aborted) cancel();
    else outer.addEventListener("abort", cancel, { once: true });
    this.#unlisten = () => outer.removeEventListener("abort", cancel);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#unlisten?.();
  }
}

/** Why a signal was aborted, in our terms. */
export function cancelReason({ reason }: AbortSignal): InksealError {
  return InksealError.is(reason) ? reason : new InksealError("cancelled", "the caller cancelled the run", { cause: reason });
}
