import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cpuBackend } from "@inkseal/lab/node";
import type { Place } from "../creator.ts";

/** The folder of a creator's weights, which come with this package. */
export const weightsFolder = (name: string): string => fileURLToPath(new URL(`../../weights/${name}/`, import.meta.url));

/** This process, or a thread of it. `folder`: where the weights lie; `threads`: what a backend has unless it says otherwise. */
export const nodePlace = (folder: string, threads?: number): Place => ({
  read: (file) =>
    readFile(join(folder, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return undefined;
    }),
  backend: (options = {}) =>
    cpuBackend({ threads: options.threads ?? threads, ...(options.memory !== undefined && { memory: options.memory }) }),
});
