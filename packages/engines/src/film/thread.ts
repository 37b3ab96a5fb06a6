import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { InksealError } from "@inkseal/core";
import { cancelled } from "../remote/exchange.ts";
import type { FilmPlan, FilmWord } from "./plan.ts";

/** Milliseconds that a stopped thread has for what it is painting. */
const patience = 3000;

/** The words of the thread that draws; on abort the thread and its encoder are killed. */
export async function* drawn(film: FilmPlan, signal: AbortSignal): AsyncGenerator<FilmWord> {
  const { spawnWorker } = await import("@inkseal/lab/node");
  const worker: Worker = spawnWorker(new URL("./film-worker.ts", import.meta.url), film);
  const inbox: FilmWord[] = [];
  let wake: () => void = () => undefined;
  let failure: InksealError | undefined;
  const fail = (error: InksealError): void => {
    failure ??= error;
    wake();
  };
  const onAbort = (): void => fail(cancelled(signal));
  worker.on("message", (word: FilmWord) => {
    if (word.type === "failed") fail(new InksealError("upstream-error", word.message));
    else inbox.push(word);
    wake();
  });
  worker.once("error", (error) => fail(InksealError.from(error)));
  worker.once("exit", () => fail(new InksealError("upstream-error", "the film's thread ended unexpectedly")));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  let finished = false;
  try {
    while (!finished) {
      while (inbox.length === 0 && failure === undefined) await new Promise<void>((resolve) => (wake = resolve));
      const word = inbox.shift();
      if (word === undefined) throw failure;
      finished = word.type === "done";
      yield word;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    await ended(worker, finished);
  }
}

/** Lets the thread end its encoder and wait for it, since nobody else can; one that does not come to it in time is ended as it is. */
async function ended(worker: Worker, finished: boolean): Promise<void> {
  const exit = once(worker, "exit").catch(() => undefined);
  if (!finished) worker.postMessage("stop");
  const timer = setTimeout(() => void worker.terminate(), patience);
  await exit;
  clearTimeout(timer);
}
