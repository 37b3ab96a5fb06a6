import { InksealError } from "@inkseal/core";
import type { ChatWrapper, LlamaContext, LlamaContextSequence, LlamaEmbeddingContext, LlamaModel } from "node-llama-cpp";
import { unlessAborted } from "../abort.ts";
import type { LlamaChoice } from "./llama-folder.ts";
import { type LazyLlama, type LlamaRuntime, llamaError, loadModel } from "./llama-runtime.ts";
import type { LlamaTrials } from "./llama-trials.ts";
import { Slots } from "./slots.ts";
import { Waiters } from "./waiters.ts";

export interface LlamaLimits {
  /** Models in memory at once; the one that was asked for longest ago goes first. */
  readonly models: number;
  /** Tokens of a context, where the model was trained for as many. */
  readonly context: number;
  /** Runs of one model at once, each with a context of its own. */
  readonly parallel: number;
  /** Runs that may wait for a model. */
  readonly waiting: number;
}
/** A context of one sequence, with a way to hold its next step. */
export interface TextSlot {
  readonly context: LlamaContext;
  readonly sequence: LlamaContextSequence;
  /** Asked before each step. */
  hold: (() => Promise<void> | undefined) | undefined;
}
interface Loaded {
  readonly path: string;
  readonly model: Promise<LlamaModel>;
  /** Contexts by the adapters that they wear. */
  readonly texts: Map<string, Slots<TextSlot>>;
  embeddings: Slots<LlamaEmbeddingContext> | undefined;
  wrapper: ChatWrapper | undefined;
  users: number;
}
export interface Use<Slot> {
  readonly runtime: LlamaRuntime;
  readonly model: LlamaModel;
  readonly slots: Slots<Slot>;
  /** How the model was taught to converse; found out once, which takes half a second. */
  wrapper(): ChatWrapper;
}

/** The models in memory: each loaded once, when first asked for, and freed when others need the place. */
export class LlamaModels {
  readonly #lazy: LazyLlama;
  readonly #trials: LlamaTrials;
  readonly #limits: LlamaLimits;
  /** Least recently used first. */
  readonly #loaded = new Map<string, Loaded>();
  readonly #freed = new Waiters();
  #freeing: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(lazy: LazyLlama, trials: LlamaTrials, limits: LlamaLimits) {
    this.#lazy = lazy;
    this.#trials = trials;
    this.#limits = limits;
  }

  /** Lends the contexts for text of a model to `work`; it stays in memory meanwhile. Throws what loading throws. */
  text<R>(choice: LlamaChoice, signal: AbortSignal, work: (use: Use<TextSlot>) => Promise<R>): Promise<R> {
    return this.#use(choice, signal, (loaded, runtime, model) => {
      const key = JSON.stringify(choice.adapters.map(({ file, scale }) => [file.path, scale]));
      let slots = loaded.texts.get(key);
      if (slots === undefined) {
        const make = (): Promise<TextSlot> => this.#textSlot(model, choice);
        const free = ({ context }: TextSlot): Promise<void> => context.dispose();
        slots = new Slots({ make, free, most: this.#limits.parallel, waiting: this.#limits.waiting });
        loaded.texts.set(key, slots);
      }
      return work({ runtime, model, slots, wrapper: () => (loaded.wrapper ??= runtime.library.resolveChatWrapper(model)) });
    });
  }

  /** The same for embeddings. */
  embedding<R>(
    choice: LlamaChoice,
    signal: AbortSignal,
    work: (use: Omit<Use<LlamaEmbeddingContext>, "wrapper">) => Promise<R>,
  ): Promise<R> {
    return this.#use(choice, signal, (loaded, runtime, model) => {
      loaded.embeddings ??= new Slots({
        make: async () => {
          const size = this.#contextSize(model);
          try {
            // an encoder sees its whole input in one batch
            return await model.createEmbeddingContext({ contextSize: { max: size }, batchSize: size });
          } catch (error) {
            throw llamaError(error, choice.model.id);
          }
        },
        free: (context) => context.dispose(),
        most: this.#limits.parallel,
        waiting: this.#limits.waiting,
      });
      return work({ runtime, model, slots: loaded.embeddings });
    });
  }

  /** Frees everything, once the runs under way have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#trials.close();
    this.#freed.wake();
    while (this.#loaded.size > 0) {
      const idle = [...this.#loaded].find(([, l]) => l.users === 0);
      if (idle === undefined) await this.#freed.next();
      else this.#free(...idle);
    }
    await this.#freeing;
  }

  async #use<R>(
    choice: LlamaChoice,
    signal: AbortSignal,
    work: (loaded: Loaded, runtime: LlamaRuntime, model: LlamaModel) => Promise<R>,
  ): Promise<R> {
    if (this.#closed) throw closed();
    const runtime = await unlessAborted(this.#lazy.get(), signal);
    const loaded = await this.#place(choice, runtime, signal);
    try {
      return await work(loaded, runtime, await unlessAborted(loaded.model, signal));
    } finally {
      loaded.users--;
      this.#freed.wake();
    }
  }

  /** The model's place in memory, made free by whom nobody uses; waits for one when all are in use. */
  async #place({ model: file }: LlamaChoice, runtime: LlamaRuntime, signal: AbortSignal): Promise<Loaded> {
    const { id, path } = file;
    for (;;) {
      if (this.#closed) throw closed();
      const known = this.#loaded.get(path);
      if (known !== undefined) {
        this.#loaded.delete(path); // to the end of the line
        this.#loaded.set(path, known);
        known.users++;
        return known;
      }
      if (this.#loaded.size < this.#limits.models) break;
      const idle = [...this.#loaded].find(([, l]) => l.users === 0);
      if (idle !== undefined) this.#free(...idle);
      else if (this.#freed.size >= this.#limits.waiting)
        throw new InksealError("overloaded", `${this.#limits.models} models are at work, and ${this.#freed.size} runs wait`, {
          retryAfter: 10,
        });
      else await this.#freed.next(signal);
    }
    const model = Promise.all([this.#freeing, this.#trials.pass(file)]).then(() => loadModel(runtime, id, path));
    const loaded: Loaded = { path, model, texts: new Map(), embeddings: undefined, wrapper: undefined, users: 1 };
    this.#loaded.set(path, loaded);
    model.catch(() => this.#loaded.delete(path));
    return loaded;
  }

  #free(key: string, { model, texts, embeddings }: Loaded): void {
    this.#loaded.delete(key);
    const free = async (): Promise<void> => {
      await Promise.all([...texts.values()].map((slots) => slots.close()));
      await embeddings?.close();
      await (await model.catch(() => undefined))?.dispose();
    };
    this.#freeing = Promise.allSettled([this.#freeing, free()]);
  }

  #contextSize(model: LlamaModel): number {
    return Math.min(this.#limits.context, model.trainContextSize || this.#limits.context);
  }

  async #textSlot(model: LlamaModel, { model: file, adapters }: LlamaChoice): Promise<TextSlot> {
    const slot: { hold: TextSlot["hold"] } = { hold: undefined };
    try {
      if (adapters.length > 0)
        await this.#trials.pass(
          file,
          adapters.map((a) => a.file),
        );
      const context = await model.createContext({
        contextSize: { max: this.#contextSize(model) },
        sequences: 1,
        batching: {
          dispatchSchedule: (dispatch) => {
            const held = slot.hold?.();
            if (held === undefined) setImmediate(dispatch);
            else void held.then(dispatch);
          },
        },
        ...(adapters.length > 0 && {
          lora: { adapters: adapters.map(({ file, scale }) => ({ filePath: file.path, scale })) },
        }),
      });
      return Object.assign(slot, { context, sequence: context.getSequence() });
    } catch (error) {
      throw llamaError(error, file.id);
    }
  }
}

const closed = (): InksealError => new InksealError("shutting-down", "the models are being freed");
