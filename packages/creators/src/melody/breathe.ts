import { InksealError } from "@inkseal/core";

/** Lets what waits, such as an abort, have its turn. Throws `cancelled` after an abort. */
export async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
  if (signal.aborted) throw new InksealError("cancelled", "the music was cancelled", { cause: signal.reason });
}
