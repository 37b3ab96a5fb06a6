import { type Brief, InksealError, type WordMark } from "@inkseal/core";
import type { LlamaCompletion, Token } from "node-llama-cpp";
import type { Flow } from "./flow.ts";
import type { TextSlot, Use } from "./llama-models.ts";
import { speakChoices } from "./llama-run.ts";
import { grammarOf, samplingOf } from "./llama-sampling.ts";

interface Work {
  readonly brief: Brief;
  readonly seed: number | undefined;
  readonly wordMark: WordMark | undefined;
  readonly use: Use<TextSlot>;
  readonly flow: Flow;
  readonly signal: AbortSignal;
}

/** Goes on where the text ends; with a suffix (`infill`) fills the hole before it. Throws `cannot-do` without tokens for that. */
export async function complete(work: Work): Promise<void> {
  const { brief, seed, use } = work;
  const { library, llama } = use.runtime;
  const { text = "", suffix, controls } = brief;
  const { model } = use;
  const fill = brief.task === "infill" || suffix !== undefined;
  const { prefix: before, suffix: after } = model.tokens.infill;
  if (fill && (before === null || after === null))
    throw new InksealError("cannot-do", "this model has no fill-in-the-middle tokens; use one made for code", {
      param: "model",
    });
  const grammar = await grammarOf(controls, { library, llama });
  const parts = [text, ...(fill ? [suffix ?? ""] : [])].map((part) => model.tokenize(part, false, "trimLeadingSpace"));
  const marks = [model.tokens.bos, ...(fill ? [before, after, model.tokens.infill.middle] : [])].filter((t) => t !== null);
  const prompt = [...marks, ...parts.flat()] as Token[]; // as many tokens as the library makes of it
  await speakChoices({ ...work, prompt, bound: grammar !== undefined }, async (slot, index, room, say) => {
    const completion: LlamaCompletion = new library.LlamaCompletion({ contextSequence: slot.sequence });
    const options = {
      ...samplingOf(controls, seed, index, slot.context.contextSize),
      maxTokens: room,
      contextShiftSize: 1,
      signal: work.signal,
      onTextChunk: (words: string) => say({ text: words }),
      ...(grammar !== undefined && { grammar }),
    };
    try {
      const { metadata } = fill
        ? await completion.generateInfillCompletionWithMeta(parts[0] ?? [], parts[1] ?? [], options)
        : await completion.generateCompletionWithMeta(parts[0] ?? [], options);
      return metadata.stopReason;
    } finally {
      completion.dispose({ disposeSequence: false });
    }
  });
}
