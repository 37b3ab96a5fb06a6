import { type ChildProcess, fork } from "node:child_process";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InksealError } from "@inkseal/core";
import type { LlamaFile } from "./llama-folder.ts";

const script = fileURLToPath(new URL("./llama-trial.mjs", import.meta.url));
/** Reading a large file from a slow disk takes minutes. */
const patienceMs = 600_000;
/** Of what is remembered. */
const most = 500;

interface Answer {
  readonly error?: { readonly name: string; readonly message: string };
}

/**
 * Each file is loaded once in a process of its own before it is let into ours, which llama.cpp would end on some broken
 * files. What passed is remembered in the models folder (`.tried.json`) until the file changes.
 */
export class LlamaTrials {
  readonly #record: string;
  readonly #threads: number | undefined;
  readonly #children = new Set<ChildProcess>();
  readonly #failed = new Map<string, InksealError>();
  #passed: Promise<Set<string>> | undefined;

  constructor(folder: string, threads: number | undefined) {
    this.#record = join(folder, ".tried.json");
    this.#threads = threads;
  }

  /** Throws `bad-file` when the model, wearing the adapters, cannot be loaded; `overloaded` when memory is short. */
  async pass(model: LlamaFile, adapters: readonly LlamaFile[] = []): Promise<void> {
    const key = [model, ...adapters].map((f) => f.stamp).join("+");
    const passed = await (this.#passed ??= this.#remembered());
    if (passed.has(key)) return;
    const failed = this.#failed.get(key);
    if (failed !== undefined) throw failed;
    const what = [model, ...adapters].map((f) => f.id).join("+");
    const job = {
      model: model.path,
      adapters: adapters.map((f) => f.path),
      embedder: model.info.embedder,
      threads: this.#threads,
    };
    try {
      await this.#try(what, job);
    } catch (error) {
      if (InksealError.is(error) && error.code === "bad-file") this.#failed.set(key, error);
      throw error;
    }
    passed.add(key);
    await this.#remember([...passed].slice(-most));
  }

  /** Whether the model passed before. */
  async passed(model: LlamaFile): Promise<boolean> {
    return (await (this.#passed ??= this.#remembered())).has(model.stamp);
  }

  close(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  #try(what: string, job: object): Promise<void> {
    const child = fork(script, [], { execArgv: ["--no-warnings"], stdio: ["ignore", "ignore", "ignore", "ipc"] });
    this.#children.add(child);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
      const end = (error?: InksealError): void => {
        clearTimeout(timer);
        this.#children.delete(child);
        if (error === undefined) resolve();
        else reject(error);
      };
      child.once("message", ({ error }: Answer) => {
        if (error === undefined) end();
        else if (error.name === "InsufficientMemoryError")
          end(new InksealError("overloaded", `${what} needs more memory than is free`, { retryAfter: 30 }));
        else end(new InksealError("bad-file", `llama.cpp cannot load ${what}: ${error.message.slice(0, 200)}`));
      });
      child.once("error", (cause) =>
        end(new InksealError("engine-missing", "no process can be started to try the model in", { cause })),
      );
      // killed by us, or by a system that is short of memory: that says nothing of the file
      child.once("exit", (code, signal) =>
        end(
          signal === "SIGKILL"
            ? new InksealError("overloaded", `the trial of ${what} was ended from outside`, { retryAfter: 30 })
            : new InksealError("bad-file", `llama.cpp ended on ${what} (${signal ?? `exit ${code}`}): the file is broken`),
        ),
      );
      child.send(job);
    });
  }

  async #remembered(): Promise<Set<string>> {
    try {
      const all: unknown = JSON.parse(await readFile(this.#record, "utf8"));
      return new Set(Array.isArray(all) ? all.filter((s) => typeof s === "string") : []);
    } catch {
      return new Set();
    }
  }

  /** A folder that cannot be written only costs the next process its trials again. */
  async #remember(all: readonly string[]): Promise<void> {
    try {
      const draft = `${this.#record}.${process.pid}`;
      await mkdir(join(this.#record, ".."), { recursive: true });
      await writeFile(draft, JSON.stringify(all));
      await rename(draft, this.#record);
    } catch {
      // said above
    }
  }
}
