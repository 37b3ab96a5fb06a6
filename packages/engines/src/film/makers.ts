import { concat } from "@inkseal/codec";
import { type Brief, type Chunk, type Controls, type Engine, type Plan, parseBrief, type Task } from "@inkseal/core";

/** What an engine made of one brief: finished files, and data. */
export interface Made {
  readonly files: readonly { readonly mediaType: string; readonly bytes: Uint8Array }[];
  readonly json: unknown;
}

/** Lets another engine make one piece for the film, inside of the film's own run: guard, mark and ledger see the film. */
export async function madeBy(
  engine: Engine,
  task: Task,
  text: string,
  controls: Controls,
  signal: AbortSignal,
  model?: string,
): Promise<Made> {
  const brief: Brief = parseBrief({ task, text, controls });
  const able = model ?? (await engine.models(signal)).find((m) => m.tasks.includes(task))?.id ?? engine.name;
  const plan: Plan = { kind: "plan", version: 1, brief, engine, model: able, seed: controls.seed, warnings: [] };
  const growing: Uint8Array[] = [];
  const files: { mediaType: string; bytes: Uint8Array }[] = [];
  let json: unknown;
  for await (const batch of engine.generate(plan, signal)) {
    for (const chunk of batch as readonly Chunk[]) {
      json = chunk.json ?? json;
      if (chunk.media === undefined) continue;
      growing.push(chunk.media.bytes);
      if (!chunk.media.last) continue;
      files.push({ mediaType: chunk.media.mediaType, bytes: concat(growing) });
      growing.length = 0;
    }
  }
  return { files, json };
}
