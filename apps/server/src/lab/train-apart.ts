import { fork } from "node:child_process";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { type ErrorCode, InksealError } from "@inkseal/core";
import type { TrainConfig, TrainEvent } from "@inkseal/lab";

export type ParentWord = { readonly train: TrainConfig } | { readonly stop: true };
export type ChildWord =
  | { readonly event: TrainEvent }
  | { readonly done: true }
  | { readonly failure: { readonly code: ErrorCode; readonly message: string; readonly param?: string } };

/** How long a training may take for its last step and checkpoint, milliseconds. */
const graceMs = 60_000;

/**
 * A training in a process of its own, of lower priority, so that the server keeps serving and outlives it. When `stop` aborts it ends its
 * step, writes a checkpoint and its `end`. Throws what the training throws, and `internal` when its process dies.
 */
export async function* trainApart(config: TrainConfig, stop: AbortSignal): AsyncGenerator<TrainEvent> {
  const child = fork(fileURLToPath(new URL("./training-process.mjs", import.meta.url)), [], {
    serialization: "advanced", // NaN and infinity survive
    execArgv: [], // the parent's loaders would load twice
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const words: ChildWord[] = [];
  let gone: string | undefined;
  let wake: () => void = () => undefined;
  let timer: NodeJS.Timeout | undefined;
  const tell = (word: ParentWord): void => {
    if (child.connected) child.send(word);
  };
  const onStop = (): void => {
    tell({ stop: true });
    timer ??= setTimeout(() => child.kill("SIGKILL"), graceMs);
  };
  const exited = new Promise<void>((resolve) => {
    child.on("exit", (code, signal) => {
      gone = signal ?? `exit ${code}`;
      wake();
      resolve();
    });
    child.on("error", (error) => {
      gone = error.message;
      wake();
      resolve();
    });
  });
  child.on("message", (word: ChildWord) => {
    words.push(word);
    wake();
  });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  tell({ train: config });
  if (stop.aborted) onStop();
  else stop.addEventListener("abort", onStop, { once: true });
  try {
    for (;;) {
      const word = words.shift();
      if (word === undefined) {
        if (gone !== undefined) throw new InksealError("internal", `the training's process ended of itself (${gone})`);
        await new Promise<void>((resolve) => (wake = resolve));
      } else if ("event" in word) yield word.event;
      else if ("done" in word) return;
      else throw new InksealError(word.failure.code, word.failure.message, { param: word.failure.param });
    }
  } finally {
    stop.removeEventListener("abort", onStop);
    onStop();
    await exited;
    clearTimeout(timer);
  }
}
