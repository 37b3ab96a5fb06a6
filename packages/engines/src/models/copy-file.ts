import { createReadStream } from "node:fs";
import { Part } from "./part.ts";

/** Copies a file, which appears only whole; yields the bytes so far. Throws `disk-full`; a copy that fails leaves nothing. */
export async function* copyFile(from: string, to: string, signal: AbortSignal): AsyncGenerator<number, void, undefined> {
  const state = { url: `file:${from}` };
  const part = await Part.open(to, state, signal);
  let whole = false;
  try {
    await part.restart(state);
    for await (const bytes of createReadStream(from, { signal, highWaterMark: 1024 * 1024 })) {
      await part.append(bytes as Buffer);
      yield part.bytes;
    }
    whole = true;
  } finally {
    if (!whole) await part.discard();
  }
  await part.finish();
}
