import { type Brief, InksealError } from "@inkseal/core";
import type { LlamaEmbeddingContext } from "node-llama-cpp";
import type { Flow } from "./flow.ts";
import type { Use } from "./llama-models.ts";
import { llamaError } from "./llama-runtime.ts";

/**
 * One vector of length 1 for each text, in order. With `dimensions` only the first so many numbers, brought back to
 * length 1: what OpenAI does, and sensible for models trained for it. Throws `too-large`, `bad-request`.
 */
export async function embed(
  brief: Brief,
  use: Omit<Use<LlamaEmbeddingContext>, "wrapper">,
  flow: Flow,
  signal: AbortSignal,
): Promise<void> {
  const texts = brief.texts ?? [brief.text ?? ""];
  const size = use.model.embeddingVectorSize;
  const dimensions = brief.controls.dimensions ?? size;
  if (dimensions > size)
    throw new InksealError("bad-request", `dimensions: this model makes vectors of ${size} numbers`, { param: "dimensions" });
  if (texts.length === 0 || texts.includes(""))
    throw new InksealError("bad-request", "input: there is an empty text", { param: "input" });
  const context = await use.slots.take(signal);
  try {
    let inputTokens = 0;
    for (const [index, text] of texts.entries()) {
      signal.throwIfAborted();
      const held = flow.hold();
      if (held !== undefined) await held;
      const tokens = context.calculateInputLength(text);
      inputTokens += tokens;
      const most = use.model.trainContextSize;
      const vector = await context.getEmbeddingFor(text).catch((error: Error) => {
        if (!/longer than the usable context/.test(error.message)) throw error;
        throw new InksealError("too-large", `text ${index} has ${tokens} tokens; the model takes at most ${most}`, {
          param: "input",
        });
      });
      const last = index === texts.length - 1;
      const usage = last ? { usage: { inputTokens } } : {};
      flow.push({ index, vector: normalised(vector.vector.slice(0, dimensions)), finish: "stop", ...usage });
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw llamaError(error, "the model");
  } finally {
    use.slots.give(context);
  }
}

function normalised(vector: readonly number[]): readonly number[] {
  const length = Math.hypot(...vector);
  if (!Number.isFinite(length)) throw new InksealError("upstream-invalid", "the model made a vector that is no number");
  return length === 0 ? vector : vector.map((x) => x / length);
}
