import { Worker } from "node:worker_threads";
import { tooLong } from "./target.ts";
import type { Message, Task } from "./worker.ts";

export interface FuzzReport {
  readonly runs: number;
  /** Blocks that ran with the seeds and what was kept, and with all that was found. */
  readonly blocks: { readonly first: number; readonly last: number };
  /** Milliseconds of processor. */
  readonly slowest: number;
  /** Inputs that reached something new. */
  readonly kept: readonly Uint8Array[];
  readonly faults: readonly { readonly input: Uint8Array; readonly said: string }[];
}

/** Old space of a thread that fuzzes, in MiB: what a parser may hold of inputs of 256 KiB, many times over. */
const memory = 512;
const largest = 256 * 1024;
const mostFaults = 5;
/** Milliseconds until a thread has to have run its seeds. */
const longestStart = 120_000;

/** Fuzzes one target for some seconds in a thread, which is begun anew where an input takes it down. */
export async function fuzz(
  target: { readonly module: string; readonly name: string; readonly kept: readonly Uint8Array[] },
  options: { readonly seconds: number; readonly seed: number },
): Promise<FuzzReport> {
  const [kept, faults]: [Uint8Array[], FuzzReport["faults"][number][]] = [[], []];
  const total = { runs: 0, first: 0, last: 0, slowest: 0 };
  let left = options.seconds * 1000;
  for (let round = 0; left > 0 && faults.length < mostFaults; round++) {
    const at = new SharedArrayBuffer(4 + largest);
    const task: Task = {
      module: target.module,
      target: target.name,
      seed: options.seed + round,
      kept: [...target.kept, ...kept],
      at,
    };
    await one(task);
  }
  return { runs: total.runs, blocks: { first: total.first, last: total.last }, slowest: total.slowest, kept, faults };

  function one(task: Task): Promise<void> {
    return new Promise((resolve) => {
      const worker = new Worker(new URL("./worker.mjs", import.meta.url), {
        workerData: task,
        execArgv: [], // the loaders of the main thread would load twice
        resourceLimits: { maxOldGenerationSizeMb: memory },
        stderr: true,
      });
      let progress = { runs: 0, blocks: 0, first: 0, slowest: 0 };
      let busy = process.cpuUsage();
      // to load and to run the seeds takes its time on a busy machine, and is not fuzzing
      const begun = performance.now();
      let began: number | undefined;
      const atWork = (): Uint8Array => new Uint8Array(task.at, 4, Atomics.load(new Int32Array(task.at, 0, 1), 0)).slice();
      const fault = (said: string): void => {
        began ??= performance.now();
        faults.push({ input: atWork(), said });
        void worker.terminate();
      };
      const watch = setInterval(() => {
        const over = began === undefined ? performance.now() > begun + longestStart : performance.now() > began + left;
        if (over || faults.length >= mostFaults) void worker.terminate();
        // a batch, with what is done once for it, is longer than one input
        const { user } = process.cpuUsage(busy);
        if (began !== undefined && user / 1000 > 24 * tooLong)
          fault(`it does not come back within ${24 * tooLong} ms of processor`);
      }, 250);
      worker.on("message", (message: Message) => {
        busy = process.cpuUsage();
        if (message.kind === "kept") kept.push(message.input);
        else if (message.kind === "fault") faults.push({ input: message.input, said: message.said });
        else progress = message;
        if (message.kind === "progress") began ??= performance.now();
      });
      worker.on("error", (error: Error & { code?: string }) => {
        if (error.code === "ERR_WORKER_OUT_OF_MEMORY") fault(`it holds more than ${memory} MiB`);
        else fault(`the thread ended: ${error.message}`);
      });
      worker.on("exit", () => {
        clearInterval(watch);
        left -= began === undefined ? left : performance.now() - began;
        total.runs += progress.runs;
        total.first ||= progress.first;
        total.last = Math.max(total.last, progress.blocks);
        total.slowest = Math.max(total.slowest, progress.slowest);
        resolve();
      });
    });
  }
}
