import type { TextTokens } from "@inkseal/core";
import type { LlamaModel } from "node-llama-cpp";
import type { LlamaFile } from "./llama-folder.ts";
import type { LazyLlama } from "./llama-runtime.ts";
import type { LlamaTrials } from "./llama-trials.ts";

/** Vocabularies that are kept in memory. */
const most = 8;

/** A text as tokens of GGUF models: their vocabularies are loaded without the weights. */
export class LlamaTokens {
  readonly #lazy: LazyLlama;
  readonly #trials: LlamaTrials;
  /** By stamp, the least recently used first. */
  readonly #loaded = new Map<string, Promise<LlamaModel>>();

  constructor(lazy: LazyLlama, trials: LlamaTrials) {
    this.#lazy = lazy;
    this.#trials = trials;
  }

  /** Models that said something here before: the others have not passed their trial, and marked nothing. */
  async of(text: string, files: readonly LlamaFile[]): Promise<readonly TextTokens[]> {
    const all = new Map<string, { readonly models: string[]; readonly ids: readonly number[] }>();
    for (const file of files) {
      if (file.info.embedder || !(await this.#trials.passed(file))) continue;
      const model = await this.#vocabulary(file).catch(() => undefined);
      if (model === undefined) continue;
      const ids = model.tokenize(text, false, "trimLeadingSpace");
      const key = ids.join(); // models of one family share a tokenizer
      const same = all.get(key);
      if (same === undefined) all.set(key, { models: [file.id], ids });
      else same.models.push(file.id);
    }
    return [...all.values()];
  }

  async close(): Promise<void> {
    const models = [...this.#loaded.values()];
    this.#loaded.clear();
    for (const model of models) await (await model.catch(() => undefined))?.dispose();
  }

  #vocabulary({ path, stamp }: LlamaFile): Promise<LlamaModel> {
    const known = this.#loaded.get(stamp);
    this.#loaded.delete(stamp);
    const model = known ?? this.#lazy.get().then(({ llama }) => llama.loadModel({ modelPath: path, vocabOnly: true }));
    this.#loaded.set(stamp, model);
    if (this.#loaded.size > most) {
      const [oldest, old] = this.#loaded.entries().next().value as [string, Promise<LlamaModel>];
      this.#loaded.delete(oldest);
      void old.then((m) => m.dispose()).catch(() => undefined);
    }
    return model;
  }
}
