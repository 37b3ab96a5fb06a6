import { checkKey } from "./blob-key.ts";
import type { Blobs } from "./contract.ts";

/** Blobs that end with the process, for tests and trials. */
export function memoryBlobs(): Blobs {
  const all = new Map<string, Uint8Array>();
  return {
    async put(key, bytes) {
      checkKey(key);
      all.set(key, bytes.slice());
    },
    async get(key) {
      checkKey(key);
      return all.get(key)?.slice();
    },
    async has(key) {
      checkKey(key);
      return all.has(key);
    },
    async delete(key) {
      checkKey(key);
      all.delete(key);
    },
  };
}
