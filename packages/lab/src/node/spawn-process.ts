import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(new URL("./typescript-worker.mjs", import.meta.url));

/**
 * Starts a process whose module is TypeScript, as `spawnWorker` starts a thread: for work that may have to be stopped whatever it is at, and whose
 * memory is to be its own. Messages are structured clones, without transfer. `heapMiB` bounds what is not in buffers.
 */
export const spawnProcess = (url: URL, { heapMiB = 512 }: { readonly heapMiB?: number } = {}): ChildProcess =>
  fork(entry, [url.href], {
    execArgv: ["--no-warnings", `--max-old-space-size=${heapMiB}`],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
