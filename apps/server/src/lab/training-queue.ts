import { InksealError } from "@inkseal/core";
import type { TrainConfig } from "@inkseal/lab";
import type { Actor } from "@inkseal/pipeline";

/** A training that runs or waits. */
export interface Job {
  readonly name: string;
  readonly actor: Actor;
  readonly config: TrainConfig;
  readonly stop: AbortController;
}
export type QueueState = "running" | "stopping" | "queued" | "idle";

/** Trainings that may wait for the one under way. */
const mostWaiting = 16;

/** One training runs at a time; the others wait in the order in which they came. */
export class TrainingQueue {
  readonly #run: (job: Job) => Promise<void>;
  readonly #changed: (name: string) => void;
  readonly #waiting: Job[] = [];
  #current: Job | undefined;
  #working: Promise<void> = Promise.resolve();
  #closed = false;

  /** `run` must not throw; `changed` is told of each training whose state is another. */
  constructor(run: (job: Job) => Promise<void>, changed: (name: string) => void) {
    this.#run = run;
    this.#changed = changed;
  }

  get closed(): boolean {
    return this.#closed;
  }
  stateOf(name: string): QueueState {
    if (this.#current?.name === name) return this.#current.stop.signal.aborted ? "stopping" : "running";
    return this.#waiting.some((job) => job.name === name) ? "queued" : "idle";
  }

  /** Throws `shutting-down` and `overloaded` when no training may be added. */
  admit(): void {
    if (this.#closed) throw new InksealError("shutting-down", "the server is stopping", { retryAfter: 2 });
    if (this.#waiting.length >= mostWaiting)
      throw new InksealError("overloaded", `${mostWaiting} trainings wait already`, { retryAfter: 60 });
  }

  add(job: Job): void {
    this.#waiting.push(job);
    this.#changed(job.name);
    if (this.#current === undefined) this.#working = this.#work();
  }

  /** Stops one that runs after the step in hand, and takes out one that waits. Throws `not-found` for neither, or another's than `owner`'s. */
  stop(name: string, owner: string | undefined): void {
    const job = this.#current?.name === name ? this.#current : this.#waiting.find((waiting) => waiting.name === name);
    if (job === undefined || (owner !== undefined && owner !== job.actor.id))
      throw new InksealError("not-found", "no training of that name is under way for this key", { param: "name" });
    job.stop.abort();
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.#changed(name);
  }

  /** Stops the one that runs, forgets those that wait, takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    this.#current?.stop.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) {
      this.#current = job;
      this.#changed(job.name);
      await this.#run(job);
      this.#current = undefined;
      this.#changed(job.name);
    }
  }
}
