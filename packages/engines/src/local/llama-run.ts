import { type Brief, type Chunk, type FinishReason, InksealError, type Usage } from "@inkseal/core";
import type { Token } from "node-llama-cpp";
import type { Flow } from "./llama-flow.ts";
import type { TextSlot, Use } from "./llama-models.ts";
import { llamaError } from "./llama-runtime.ts";

/** What a choice said last of all. */
export type StopReason = "eogToken" | "stopGenerationTrigger" | "customStopTrigger" | "functionCalls" | "maxTokens" | "abort";

/** One run of text: what it is asked, in tokens, and where its answer goes. */
export interface TextRun {
  readonly brief: Brief;
  readonly seed: number | undefined;
  readonly use: Use<TextSlot>;
  readonly prompt: readonly Token[];
  readonly flow: Flow;
  readonly signal: AbortSignal;
}
/** What speaks one choice: pushes through `say`, at most `room` tokens. */
export type Speak = (slot: TextSlot, index: number, room: number, say: (chunk: Partial<Chunk>) => void) => Promise<StopReason>;

/** A token that the library keeps free, and the one being evaluated. */
const margin = 2;

/**
 * Speaks every choice of a run on one context. With a seed the context begins empty, because what it holds already
 * changes the last bits of the numbers, and with them the text; without one the beginning that it shares is reused.
 * Throws `too-large` when the prompt leaves no room.
 */
export async function speakChoices(run: TextRun, speak: Speak): Promise<void> {
  const { brief, seed, use, prompt, flow, signal } = run;
  const slot = await use.slots.take(signal, ({ sequence }) => sequence.compareContextTokens([...prompt]).firstDifferentIndex);
  try {
    const { sequence, context } = slot;
    const free = context.contextSize - prompt.length - margin;
    if (free < 1)
      throw new InksealError(
        "too-large",
        `the prompt has ${prompt.length} tokens and the model's context here holds ${context.contextSize}`,
        { param: "messages" },
      );
    slot.hold = () => flow.hold();
    let inputTokens = 0;
    let outputTokens = 0;
    let cachedTokens = 0;
    const choices = brief.controls.n ?? 1;
    for (let index = 0; index < choices; index++) {
      if (seed !== undefined) await sequence.clearHistory();
      cachedTokens += Math.min(sequence.compareContextTokens([...prompt]).firstDifferentIndex, prompt.length - 1);
      inputTokens = prompt.length; // OpenAI counts the prompt once
      const before = sequence.tokenMeter.getState();
      const words = new WholeCharacters(flow, index);
      let stop: StopReason;
      try {
        stop = await speak(slot, index, Math.min(free, brief.controls.maxTokens ?? free), (chunk) => words.say(chunk));
      } catch (error) {
        if (!(error instanceof ContextFull)) throw error;
        stop = "maxTokens";
      }
      signal.throwIfAborted();
      outputTokens += sequence.tokenMeter.diff(before).usedOutputTokens;
      const usage: Usage = { inputTokens, outputTokens, ...(cachedTokens > 0 && { cachedTokens }) };
      flow.push({ index, finish: finishOf(stop), ...(index === choices - 1 && { usage }) });
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw llamaError(error, brief.model ?? "the model");
  } finally {
    slot.hold = undefined;
    use.slots.give(slot);
  }
}

/** Thrown where the library would forget the beginning of a conversation to go on: we stop instead, and say so. */
export class ContextFull extends Error {}

function finishOf(stop: StopReason): FinishReason {
  if (stop === "maxTokens") return "length";
  return stop === "functionCalls" ? "tool_calls" : "stop";
}

/** Holds back what is not a whole character yet; a half one at the very end is dropped. */
class WholeCharacters {
  readonly #flow: Flow;
  readonly #index: number;
  #held = "";

  constructor(flow: Flow, index: number) {
    this.#flow = flow;
    this.#index = index;
  }

  say(chunk: Partial<Chunk>): void {
    if (chunk.text === undefined) {
      this.#flow.push({ ...chunk, index: this.#index });
      return;
    }
    const text = this.#held + chunk.text;
    const end = /[\ufffd\ud800-\udbff]*$/.exec(text)?.index ?? text.length;
    this.#held = text.slice(end);
    if (end > 0) this.#flow.push({ ...chunk, text: text.slice(0, end), index: this.#index });
  }
}
