import { InksealError } from "@inkseal/core";
import type { Llama, LlamaModel } from "node-llama-cpp";

type Library = typeof import("node-llama-cpp");

export interface LlamaRuntimeOptions {
  /** CPU threads for all models together; the library's choice by default. Toy models want 1. */
  readonly threads?: number;
  /** `false` computes on the CPU; `auto` (default) on what graphics hardware there is. */
  readonly gpu?: "auto" | false;
}
export interface LlamaRuntime {
  readonly library: Library;
  readonly llama: Llama;
}

/** llama.cpp, loaded when first asked for: the import alone takes a good part of a second. */
export class LazyLlama {
  readonly #options: LlamaRuntimeOptions;
  #runtime: Promise<LlamaRuntime> | undefined;

  constructor(options: LlamaRuntimeOptions) {
    this.#options = options;
  }

  /** Throws `engine-missing` when no binary runs on this machine. */
  get(): Promise<LlamaRuntime> {
    this.#runtime ??= this.#load().catch((cause: unknown) => {
      this.#runtime = undefined;
      throw new InksealError("engine-missing", "llama.cpp does not load on this machine", { cause });
    });
    return this.#runtime;
  }

  async close(): Promise<void> {
    const runtime = await this.#runtime?.catch(() => undefined);
    this.#runtime = undefined;
    await runtime?.llama.dispose();
  }

  async #load(): Promise<LlamaRuntime> {
    const { threads, gpu = "auto" } = this.#options;
    const library = await import("node-llama-cpp");
    const llama = await library.getLlama({
      gpu,
      build: "never",
      skipDownload: true,
      progressLogs: false,
      logLevel: library.LlamaLogLevel.disabled,
      ...(threads !== undefined && { maxThreads: threads }),
    });
    return { library, llama };
  }
}

/** What the library throws, as ours: no memory is `overloaded`, our own errors stay, aborts too. */
export function llamaError(error: unknown, what: string): InksealError {
  if (InksealError.is(error)) return error;
  const name = (error as Error | undefined)?.name;
  if (error instanceof Error && error.constructor.name === "LlamaJsonSchemaValidationError")
    return new InksealError("upstream-invalid", `${what} called a tool with arguments that its schema forbids`, {
      cause: error,
    });
  const message = (error as Error | undefined)?.message ?? "";
  if (name === "AbortError" || name === "TimeoutError") return InksealError.from(error);
  if (
    name === "InsufficientMemoryError" ||
    /insufficient memory|not enough (v?ram|memory)|too large for the available/i.test(message)
  )
    return new InksealError("overloaded", `${what} needs more memory than is free`, { cause: error });
  return new InksealError("upstream-error", `llama.cpp failed: ${message.slice(0, 200)}`, { cause: error });
}

/** Loads the weights. Throws `bad-file` when llama.cpp refuses them. */
export async function loadModel({ llama }: LlamaRuntime, id: string, path: string): Promise<LlamaModel> {
  try {
    return await llama.loadModel({ modelPath: path });
  } catch (error) {
    const ours = llamaError(error, id);
    if (ours.code !== "upstream-error") throw ours;
    throw new InksealError("bad-file", `llama.cpp cannot load ${id}: ${(error as Error).message.slice(0, 200)}`, {
      cause: error,
    });
  }
}
