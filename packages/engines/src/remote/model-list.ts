import { InksealError, type ModelInfo } from "@inkseal/core";

/** How long a list of models counts as fresh, and how long a provider that did not give one is left alone. */
const freshMs = 60_000;
const sulkMs = 5_000;

/** A list of models that is asked for once a minute at most, however many wait for it. Each waits only as long as its own signal says. */
export function modelList(load: () => Promise<readonly ModelInfo[]>): (signal?: AbortSignal) => Promise<readonly ModelInfo[]> {
  let current: Promise<readonly ModelInfo[]> | undefined;
  return async (signal) => {
    if (signal?.aborted) throw InksealError.from(signal.reason);
    if (current === undefined) {
      const list = load();
      current = list;
      const forget = (): void => {
        if (current === list) current = undefined;
      };
      list.then(
        () => setTimeout(forget, freshMs).unref(),
        () => setTimeout(forget, sulkMs).unref(),
      );
    }
    return await beforeAbort(current, signal);
  };
}

function beforeAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(InksealError.from(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
