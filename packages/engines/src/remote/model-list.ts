import { InksealError, type ModelInfo } from "@inkseal/core";
import { unlessAborted } from "../abort.ts";

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
    return await (signal === undefined ? current : unlessAborted(current, signal));
  };
}
