import { type Chunk, type Engine, InksealError, type ModelInfo, type Plan, type Task } from "@inkseal/core";
import { Flow, whole } from "./flow.ts";
import { chat } from "./llama-chat.ts";
import { embed } from "./llama-embed.ts";
import { type LlamaFile, LlamaFolder } from "./llama-folder.ts";
import { LlamaModels } from "./llama-models.ts";
import { LazyLlama, type LlamaRuntimeOptions, llamaError } from "./llama-runtime.ts";
import { complete } from "./llama-text.ts";
import { LlamaTokens } from "./llama-tokens.ts";
import { LlamaTrials } from "./llama-trials.ts";
import type { Probe } from "./probe.ts";

export interface LlamaOptions extends LlamaRuntimeOptions {
  /** Holds the GGUF files, anywhere below. */
  readonly folder: string;
  /** Models in memory at once; 2. */
  readonly models?: number;
  /** Tokens of a context, where the model was trained for as many; 8,192. */
  readonly context?: number;
  /** Runs of one model at once; 2. */
  readonly parallel?: number;
  /** Runs that may wait for a model; 32. */
  readonly waiting?: number;
}

const tasks: readonly Task[] = ["chat", "completion", "infill", "embedding"];

/**
 * GGUF models by llama.cpp inside this process. A model's name is its file's path below the folder without `.gguf`;
 * `MODEL+ADAPTER` or `MODEL+ADAPTER@0.5` wears a LoRA adapter from the same folder. A file is checked, and tried in a
 * process of its own, before it is loaded; models are loaded when first asked for and the least recently used goes when a place is needed. The same
 * seed and brief say the same words.
 */
export function llamaEngine(options: LlamaOptions): Engine & { probe(): Promise<Probe> } {
  const { folder, models: most = 2, context = 8_192, parallel = 2, waiting = 32 } = options;
  const files = new LlamaFolder(folder);
  const lazy = new LazyLlama(options);
  const trials = new LlamaTrials(folder, options.threads);
  const vocabularies = new LlamaTokens(lazy, trials);
  const loaded = new LlamaModels(lazy, trials, { models: most, context, parallel, waiting });
  return {
    name: "llama",
    place: "local",
    inProcess: true,
    tasks,
    models: async (): Promise<readonly ModelInfo[]> => (await files.list()).models.map((file) => modelInfo(file, context)),
    async *generate(plan: Plan, signal: AbortSignal): AsyncGenerator<readonly Chunk[]> {
      const { brief, seed, wordMark } = plan;
      if (!tasks.includes(brief.task))
        throw new InksealError("cannot-do", `llama cannot do ${brief.task}; it can ${tasks.join(", ")}`, { param: "model" });
      const flow = new Flow();
      const work = async (leave: AbortSignal): Promise<void> => {
        const choice = await files.choose(plan.model);
        if (brief.task === "embedding") await loaded.embedding(choice, leave, (use) => embed(brief, use, flow, leave));
        else
          await loaded.text(choice, leave, (use) =>
            (brief.task === "chat" ? chat : complete)({ brief, seed, wordMark, use, flow, signal: leave }),
          );
      };
      const batches = flow.run(
        (leave) =>
          work(leave).catch((error) => {
            throw llamaError(error, plan.model);
          }),
        signal,
      );
      yield* brief.stream || brief.task === "embedding" ? batches : whole(batches);
    },
    tokens: async (text) => await vocabularies.of(text, (await files.list()).models),
    async probe(): Promise<Probe> {
      const { models, broken } = await files.list();
      try {
        const { llama } = await lazy.get();
        const count = `${models.length} model${models.length === 1 ? "" : "s"}${broken.size > 0 ? `, ${broken.size} broken` : ""}`;
        const detail = `llama.cpp ${llama.llamaCppRelease.release} on ${llama.gpu || "CPU"}; ${count}`;
        return models.length > 0 ? { ok: true, detail } : { ok: true, detail, fix: "inkseal models pull" };
      } catch (error) {
        return { ok: false, detail: InksealError.from(error).message, fix: "npm ci --include=optional" };
      }
    },
    async close(): Promise<void> {
      await loaded.close();
      await vocabularies.close();
      await lazy.close();
    },
  };
}

function modelInfo({ id, info }: LlamaFile, most: number): ModelInfo {
  const writer: Task[] = [
    ...(info.chatTemplate ? (["chat"] as const) : []),
    "completion",
    ...(info.infill ? (["infill"] as const) : []),
  ];
  return {
    id,
    tasks: info.embedder ? ["embedding"] : [...writer, "embedding"],
    inputs: ["text"],
    context: Math.min(info.context ?? most, most),
    ...(!info.embedder && { tools: info.chatTemplate, schema: true, logits: true }),
    ...(info.licence !== undefined && { licence: info.licence }),
    ...(info.name !== undefined && { note: info.name }),
  };
}
