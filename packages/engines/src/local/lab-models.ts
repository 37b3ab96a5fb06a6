import { InksealError } from "@inkseal/core";
import type { LabModel } from "./lab-folder.ts";
import type { LabJob } from "./lab-job.ts";
import type { LabWorkerStart } from "./lab-worker.ts";
import { ModelThread } from "./model-thread.ts";
import { Waiters } from "./waiters.ts";

const worker = new URL("./lab-worker.ts", import.meta.url);

export interface LabLimits {
  /** Models in memory at once; the one that was asked for longest ago goes first. */
  readonly models: number;
  /** Sequences of one model side by side. */
  readonly parallel: number;
  /** Runs that may be under way or wait, for one model and for a place in memory. */
  readonly waiting: number;
  readonly threads: number | undefined;
}
interface Loaded {
  readonly stamp: string;
  readonly thread: ModelThread<LabJob>;
  users: number;
}

/** The models in memory: each loaded when first asked for, anew when its weights have changed, freed when others need the place. */
export class LabModels {
  readonly #limits: LabLimits;
  /** By folder and stamp; least recently used first. */
  readonly #loaded = new Map<string, Loaded>();
  readonly #freed = new Waiters();
  #closed = false;

  constructor(limits: LabLimits) {
    this.#limits = limits;
  }

  /** Lends a model's thread to `work`; it stays in memory meanwhile. Throws `overloaded`, and what loading throws. */
  async use<R>(model: LabModel, signal: AbortSignal, work: (thread: ModelThread<LabJob>) => Promise<R>): Promise<R> {
    const loaded = await this.#place(model, signal);
    try {
      return await work(loaded.thread);
    } finally {
      loaded.users--;
      this.#freed.wake();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#freed.wake();
    await Promise.all([...this.#loaded.keys()].map((key) => this.#free(key)));
  }

  async #place({ path, stamp }: LabModel, signal: AbortSignal): Promise<Loaded> {
    const key = `${path}\n${stamp}`;
    const { models, waiting, parallel, threads } = this.#limits;
    for (;;) {
      if (this.#closed) throw new InksealError("shutting-down", "the models are being freed");
      for (const [other, { thread, users }] of this.#loaded) // lost ones, and older weights of the same folder
        if (users === 0 && (thread.lost || (other !== key && other.startsWith(`${path}\n`)))) void this.#free(other);
      const known = this.#loaded.get(key);
      if (known !== undefined && !known.thread.lost) {
        if (known.users >= waiting) throw overloaded(`${known.users} runs are under way for this model already`);
        this.#loaded.delete(key); // to the end of the line
        this.#loaded.set(key, known);
        known.users++;
        return known;
      }
      if (this.#loaded.size < models) break;
      const idle = [...this.#loaded].find(([, { users }]) => users === 0);
      if (idle !== undefined) void this.#free(idle[0]);
      else if (this.#freed.size >= waiting) throw overloaded(`${models} models are at work, and ${this.#freed.size} runs wait`);
      else await this.#freed.next(signal);
    }
    const start: LabWorkerStart = { folder: path, threads, parallel };
    const loaded = { stamp, thread: new ModelThread<LabJob>(worker, start), users: 1 };
    this.#loaded.set(key, loaded);
    return loaded;
  }

  async #free(key: string): Promise<void> {
    const loaded = this.#loaded.get(key);
    this.#loaded.delete(key);
    await loaded?.thread.close();
  }
}

const overloaded = (why: string): InksealError => new InksealError("overloaded", why, { retryAfter: 5 });
