import type { Worker } from "node:worker_threads";
import { InksealError } from "@inkseal/core";
import { unlessAborted } from "../abort.ts";
import type { Flow } from "./flow.ts";
import type { PlainError, ThreadAsk, ThreadWord } from "./thread-words.ts";

interface Running {
  readonly flow: Flow;
  readonly end: (error?: InksealError) => void;
}

/** A model at work in a thread of its own, off the one that serves. The thread speaks `ThreadAsk` and `ThreadWord`. */
export class ModelThread<Job> {
  readonly #worker: Promise<Worker>;
  readonly #runs = new Map<number, Running>();
  #next = 1;
  #lost: InksealError | undefined;

  /** Begins to load, with `start` as the worker's data; what keeps it from that is thrown by every `run`. */
  constructor(worker: URL, start: unknown) {
    this.#worker = this.#load(worker, start);
    this.#worker.catch(() => undefined); // `run` says it
  }

  /** Whether it can take runs no more. */
  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /** Pushes what the job makes, until it ends or `signal` aborts; a slow reader's job waits and holds nobody else. */
  async run(job: Job, flow: Flow, signal: AbortSignal): Promise<void> {
    const worker = await unlessAborted(this.#worker, signal);
    if (this.#lost !== undefined) throw this.#lost;
    const run = this.#next++;
    const ask = (word: ThreadAsk<Job>): void => worker.postMessage(word);
    const over = new Promise<void>((resolve, reject) => {
      const end = (error?: InksealError): void => (error === undefined ? resolve() : reject(error));
      this.#runs.set(run, { flow, end });
    });
    over.catch(() => undefined); // an abort may come first
    ask({ type: "run", run, job });
    try {
      await unlessAborted(over, signal);
    } finally {
      if (this.#runs.delete(run)) ask({ type: "leave", run });
    }
  }

  async close(): Promise<void> {
    this.#lose(new InksealError("shutting-down", "the model is being freed"));
    await (await this.#worker.catch(() => undefined))?.terminate();
  }

  async #load(url: URL, start: unknown): Promise<Worker> {
    const { spawnWorker } = await import("@inkseal/lab/node");
    const worker = spawnWorker(url, start);
    worker.unref();
    try {
      await new Promise<void>((resolve, reject) => {
        worker.on("message", (word: ThreadWord) => {
          if (word.type === "loaded") resolve();
          else if (word.type === "unloadable") reject(errorOf(word.error));
          else this.#hear(word, worker);
        });
        const gone = (cause?: unknown): void => {
          const error = new InksealError("internal", "the model's thread ended of itself", { cause });
          this.#lose(error);
          reject(error);
        };
        worker.on("error", gone);
        worker.on("exit", () => gone());
      });
    } catch (error) {
      this.#lose(InksealError.from(error));
      void worker.terminate();
      throw error;
    }
    return worker;
  }

  #hear(word: Exclude<ThreadWord, { type: "loaded" | "unloadable" }>, worker: Worker): void {
    const running = this.#runs.get(word.run);
    if (running === undefined) return;
    if (word.type === "chunks") {
      for (const chunk of word.chunks) running.flow.push(chunk);
      const held = running.flow.hold();
      if (held === undefined) return;
      const hold = (now: boolean): void =>
        worker.postMessage({ type: "hold", run: word.run, held: now } satisfies ThreadAsk<Job>);
      hold(true);
      void held.then(() => hold(false));
      return;
    }
    this.#runs.delete(word.run);
    running.end(word.type === "failed" ? errorOf(word.error) : undefined);
  }

  #lose(error: InksealError): void {
    this.#lost ??= error;
    for (const { end } of this.#runs.values()) end(this.#lost);
    this.#runs.clear();
  }
}

const errorOf = ({ code, message, param }: PlainError): InksealError => new InksealError(code, message, { param });
