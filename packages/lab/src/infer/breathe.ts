import { InksealError } from "@inkseal/core";

/** Lets the event loop run, without the 4 ms that browsers put between timers. Throws `cancelled` once `signal` is aborted. */
export async function breathe(signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
  if (signal?.aborted) throw new InksealError("cancelled", "the generation was cancelled", { cause: signal.reason });
}
