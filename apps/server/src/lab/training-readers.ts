import type { TrainingEventJson, TrainingJson } from "@inkseal/client";
import type { TrainEvent } from "@inkseal/lab";
import { readLog, thinned } from "./training-log.ts";

type Listener = (word: TrainEvent | "state") => void;

/** What a reader is shown. */
interface Followed {
  readonly name: string;
  /** Of its log.jsonl. */
  readonly log: string;
  readonly info: () => Promise<TrainingJson>;
  readonly over: () => boolean;
}

/** A stream gathers what happens within so many milliseconds. */
const paceMs = 200;

/** Those who follow trainings while they run. */
export class TrainingReaders {
  readonly #listeners = new Map<string, Set<Listener>>();

  tell(name: string, word: TrainEvent | "state"): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(word);
  }
  /** That the state of every training that is followed may be another. */
  tellAll(): void {
    for (const name of this.#listeners.keys()) this.tell(name, "state");
  }

  /** How it stands and what its log has, then what happens, until it is over or `signal` aborts. Throws what `info` does. */
  async *follow({ name, log, info, over }: Followed, signal: AbortSignal): AsyncGenerator<TrainingEventJson> {
    let waiting: TrainEvent[] = [];
    let changed = false;
    let wake: () => void = () => undefined;
    const listener: Listener = (word) => {
      if (word === "state") changed = true;
      else waiting.push(word);
      wake();
    };
    signal.addEventListener("abort", () => wake(), { once: true });
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    try {
      yield { type: "state", training: await info() };
      yield eventsJson(thinned(await readLog(log)));
      for (;;) {
        const ended = over();
        if (waiting.length > 0) {
          const now = waiting;
          waiting = [];
          yield eventsJson(now);
        }
        if (changed || ended) {
          changed = false;
          yield { type: "state", training: await info() };
        }
        if (ended || signal.aborted) return;
        if (waiting.length === 0 && !changed) await new Promise<void>((resolve) => (wake = resolve));
        await new Promise((resolve) => setTimeout(resolve, paceMs));
      }
    } finally {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(name);
    }
  }
}

const eventsJson = (events: readonly TrainEvent[]): TrainingEventJson => ({
  type: "events",
  events: JSON.parse(JSON.stringify(events)), // as the log has them: what is no number is null
});
