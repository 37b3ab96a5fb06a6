import { InksealError } from "@inkseal/core";
import type { OnnxModel } from "./onnx-folder.ts";

export type Library = typeof import("@huggingface/transformers");
/** Any of its pipelines, as far as it is held here. */
export interface Pipeline {
  dispose(): Promise<unknown>;
}

/** Models that stay loaded; the least recently used goes first. */
const mostLoaded = 2;

/** The library, loaded when first needed and cut off from the network, and the models that it holds. */
export class OnnxRuntime {
  #library: Promise<Library> | undefined;
  readonly #loaded = new Map<string, Promise<Pipeline>>();

  /** Throws `engine-missing` where ONNX Runtime does not run. */
  library(): Promise<Library> {
    this.#library ??= import("@huggingface/transformers").then(
      (library) => {
        library.env.allowRemoteModels = false;
        library.env.allowLocalModels = true;
        library.env.useFSCache = false;
        return library;
      },
      (cause: unknown) => {
        throw new InksealError("engine-missing", "ONNX Runtime does not run on this machine", { cause });
      },
    );
    return this.#library;
  }

  /** Throws `bad-file` when the folder does not load. */
  async pipeline<P extends Pipeline>(model: OnnxModel): Promise<P> {
    const known = this.#loaded.get(model.path);
    this.#loaded.delete(model.path);
    const loading = known ?? this.#load(model);
    this.#loaded.set(model.path, loading); // last in the order: most recently used
    try {
      const pipeline = await loading;
      for (const [path, other] of this.#loaded) {
        if (this.#loaded.size <= mostLoaded) break;
        this.#loaded.delete(path);
        await (await other).dispose();
      }
      return pipeline as P;
    } catch (cause) {
      this.#loaded.delete(model.path);
      throw InksealError.is(cause)
        ? cause
        : new InksealError("bad-file", `${model.id} could not be loaded: ${saying(cause)}`, { cause });
    }
  }

  async close(): Promise<void> {
    const all = [...this.#loaded.values()];
    this.#loaded.clear();
    for (const loading of all) await loading.then((p) => p.dispose()).catch(() => undefined);
  }

  async #load(model: OnnxModel): Promise<Pipeline> {
    const { pipeline } = await this.library();
    return (await pipeline(model.use, model.path, {
      device: "cpu",
      dtype: model.dtype as "fp32",
      local_files_only: true,
      subfolder: model.subfolder,
    })) as unknown as Pipeline;
  }
}

/** The first line of what a library threw, without the paths of this machine. */
const saying = (cause: unknown): string =>
  String((cause as Error | undefined)?.message ?? cause)
    .split("\n", 1)[0]
    ?.replace(/(?:[A-Za-z]:)?[/\\][^\s"'`]+/g, "…")
    .slice(0, 300) ?? "";
