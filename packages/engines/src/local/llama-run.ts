import { type Brief, type Chunk, type FinishReason, InksealError, type Usage, type WordMark } from "@inkseal/core";
import type { Token } from "node-llama-cpp";
import type { Flow } from "./flow.ts";
import type { TextSlot, Use } from "./llama-models.ts";
import { llamaError } from "./llama-runtime.ts";
import { withMarkedWords } from "./llama-words.ts";

/** What a choice said last of all. */
export type StopReason = "eogToken" | "stopGenerationTrigger" | "customStopTrigger" | "functionCalls" | "maxTokens" | "abort";

/** One run of text: what it is asked, in tokens, and where its answer goes. */
export interface TextRun {
  readonly brief: Brief;
  readonly seed: number | undefined;
  readonly wordMark: WordMark | undefined;
  readonly use: Use<TextSlot>;
  readonly prompt: readonly Token[];
  /** A grammar binds the answer. */
  readonly bound: boolean;
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
  const { brief, seed, wordMark, use, prompt, flow, signal } = run;
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
      const words = new WholeCharacters(flow, index, run.bound);
      const room = Math.min(free, brief.controls.maxTokens ?? free);
      const speaking = (): Promise<StopReason> =>
        speak(slot, index, room, (chunk) => words.say(chunk)).catch((error: unknown) => {
          if (!(error instanceof ContextFull)) throw error;
          return "maxTokens";
        });
      const marking = wordMark && { mark: wordMark, seed: seed === undefined ? undefined : seed + index };
      const { stop, mark } = await (marking === undefined
        ? speaking().then((stop) => ({ stop, mark: undefined }))
        : withMarkedWords(sequence, marking, speaking).then(({ result, mark }) => ({ stop: result, mark })));
      signal.throwIfAborted();
      if (words.broken)
        throw new InksealError("upstream-invalid", "the model wrote bytes that are no UTF-8 where a grammar binds it");
      outputTokens += sequence.tokenMeter.diff(before).usedOutputTokens;
      const usage: Usage = { inputTokens, outputTokens, ...(cachedTokens > 0 && { cachedTokens }) };
      flow.push({ index, finish: finishOf(stop), ...(mark && { mark }), ...(index === choices - 1 && { usage }) });
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

/**
 * Holds back what is not a whole character yet; a half one at the very end is dropped. Bytes that never become one are
 * shown as U+FFFD, but not where a grammar binds: llama.cpp's lets overlong UTF-8 through, which is not what was asked.
 */
class WholeCharacters {
  broken = false;
  readonly #flow: Flow;
  readonly #index: number;
  readonly #bound: boolean;
  #held = "";

  constructor(flow: Flow, index: number, bound: boolean) {
    this.#flow = flow;
    this.#index = index;
    this.#bound = bound;
  }

  say(chunk: Partial<Chunk>): void {
    if (chunk.text === undefined) {
      this.#flow.push({ ...chunk, index: this.#index });
      return;
    }
    const all = this.#held + chunk.text;
    const end = /[\ufffd\ud800-\udbff]*$/.exec(all)?.index ?? all.length;
    const text = all.slice(0, end);
    this.#held = all.slice(end);
    this.broken ||= this.#bound && text.includes("\ufffd");
    if (text !== "" && !this.broken) this.#flow.push({ ...chunk, text, index: this.#index });
  }
}
