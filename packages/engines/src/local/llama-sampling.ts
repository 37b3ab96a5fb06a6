import { type Controls, InksealError } from "@inkseal/core";
import type { LLamaContextualRepeatPenalty, LlamaGrammar } from "node-llama-cpp";
import { gbnfOf } from "./gbnf.ts";
import type { LlamaRuntime } from "./llama-runtime.ts";

export interface Sampling {
  readonly temperature: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly seed?: number;
  readonly repeatPenalty: false | LLamaContextualRepeatPenalty;
  readonly customStopTriggers?: readonly string[];
}

/**
 * Controls as the library's options for the choice `index`. What a brief leaves out is as in llama.cpp's own server:
 * temperature 0.8, top-k 40, top-p 0.95, min-p 0.05, no penalties. A seed fixes the text; each choice has its own.
 */
export function samplingOf(controls: Controls, seed: number | undefined, index: number, context: number): Sampling {
  const { temperature = 0.8, topP = 0.95, topK = 40, minP = 0.05, frequencyPenalty, presencePenalty, stop } = controls;
  return {
    temperature,
    topP,
    topK,
    minP,
    ...(seed !== undefined && { seed: (seed + index) >>> 0 }),
    repeatPenalty:
      frequencyPenalty || presencePenalty
        ? { lastTokens: context, penalty: 1, penalizeNewLine: true, frequencyPenalty, presencePenalty }
        : false,
    ...(stop !== undefined && { customStopTriggers: stop.filter((s) => s !== "") }),
  };
}

/** The grammar that a brief's schema or GBNF asks for. Throws `bad-request` for one that llama.cpp cannot read, `cannot-do`. */
export async function grammarOf(controls: Controls, { llama }: LlamaRuntime): Promise<LlamaGrammar | undefined> {
  const text = gbnfOf(controls);
  if (text === undefined) return undefined;
  try {
    return await llama.createGrammar({ grammar: text });
  } catch (cause) {
    throw new InksealError("bad-request", "grammar: llama.cpp cannot read it", { param: "grammar", cause });
  }
}
