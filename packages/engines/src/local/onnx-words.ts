import { randomInt } from "node:crypto";
import type { TextGenerationPipeline } from "@huggingface/transformers";
import { type Brief, InksealError } from "@inkseal/core";
import type { Flow } from "./flow.ts";
import type { OnnxModel } from "./onnx-folder.ts";
import type { Library } from "./onnx-runtime.ts";

interface Work {
  readonly brief: Brief;
  readonly seed: number | undefined;
  readonly model: OnnxModel;
  readonly library: Library;
  readonly speaker: TextGenerationPipeline;
  readonly flow: Flow;
  readonly signal: AbortSignal;
}

const usualMaxTokens = 1024;

/** Chat in the model's own template, or text that goes on. Only the newest words are held back, while they may begin a stop string. */
export async function speak({ brief, seed, model, library, speaker, flow, signal }: Work): Promise<void> {
  const c = brief.controls;
  if (c.n !== undefined && c.n > 1) throw new InksealError("cannot-do", "the ONNX engine gives one answer", { param: "n" });
  const { tokenizer } = speaker;
  const prompt = brief.task === "chat" ? chatPrompt(brief, model, tokenizer) : (brief.text ?? "");
  const inputTokens = tokenizer.encode(prompt, { add_special_tokens: brief.task !== "chat" }).length;
  const room = model.context === undefined ? Number.POSITIVE_INFINITY : model.context - inputTokens;
  if (room < 1)
    throw new InksealError("too-large", `the prompt has ${inputTokens} tokens and the model takes ${model.context}`);
  const most = Math.min(c.maxTokens ?? usualMaxTokens, room);
  const interrupt = new library.InterruptableStoppingCriteria();
  const onAbort = (): void => interrupt.interrupt();
  signal.addEventListener("abort", onAbort, { once: true });
  let outputTokens = 0;
  const stops = new StopStrings(c.stop ?? []);
  const streamer = new library.TextStreamer(tokenizer, {
    skip_prompt: true,
    callback_function: (text: string) => {
      const free = stops.push(text);
      if (free !== "") flow.push({ index: 0, text: free });
      if (stops.met) interrupt.interrupt();
    },
    token_callback_function: (tokens: readonly bigint[]) => {
      outputTokens += tokens.length;
    },
  });
  library.random.seed(seed ?? randomInt(2 ** 32)); // one run at a time, so that nobody else draws from it
  const sampled = c.temperature !== 0 && (c.temperature !== undefined || c.topP !== undefined || c.topK !== undefined);
  try {
    await speaker(prompt, {
      add_special_tokens: brief.task !== "chat",
      return_full_text: false,
      max_new_tokens: most,
      do_sample: sampled,
      ...(sampled && { temperature: c.temperature ?? 1, top_k: c.topK ?? 50, ...(c.topP !== undefined && { top_p: c.topP }) }),
      stopping_criteria: interrupt,
      streamer,
    } as Parameters<TextGenerationPipeline>[1]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  const rest = stops.end();
  flow.push({
    index: 0,
    ...(rest !== "" && { text: rest }),
    finish: !stops.met && outputTokens >= most ? "length" : "stop",
    usage: { inputTokens, outputTokens },
  });
}

function chatPrompt({ messages = [], text }: Brief, model: OnnxModel, tokenizer: TextGenerationPipeline["tokenizer"]): string {
  if (!model.chatTemplate)
    throw new InksealError("cannot-do", `${model.id} has no chat template: it completes text, ask it for a completion`, {
      param: "model",
    });
  const turns = text === undefined ? messages : [...messages, { role: "user" as const, content: text }];
  const plain = turns.map(({ role, content }) => ({ role, content: wordsOf(content) }));
  return tokenizer.apply_chat_template(plain as never, { tokenize: false, add_generation_prompt: true }) as string;
}

function wordsOf(content: unknown): string {
  if (typeof content === "string") return content;
  const parts = (content ?? []) as readonly { type?: string; text?: string }[];
  const strange = parts.find((p) => p.type !== "text");
  if (strange !== undefined)
    throw new InksealError("cannot-do", `the ONNX engine reads text only, not ${strange.type}`, { param: "messages" });
  return parts.map((p) => p.text ?? "").join("");
}

/** Ends a text where one of the strings begins, however the pieces are cut. */
class StopStrings {
  readonly #stops: readonly string[];
  #held = "";
  met = false;

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((s) => s !== "");
  }

  push(text: string): string {
    if (this.met) return "";
    const all = this.#held + text;
    const found = this.#stops.map((s) => all.indexOf(s)).filter((at) => at >= 0);
    if (found.length > 0) {
      this.met = true;
      this.#held = "";
      return all.slice(0, Math.min(...found));
    }
    let keep = 0;
    for (const stop of this.#stops)
      for (let n = Math.min(stop.length - 1, all.length); n > keep; n--) if (all.endsWith(stop.slice(0, n))) keep = n;
    this.#held = keep === 0 ? "" : all.slice(-keep);
    return keep === 0 ? all : all.slice(0, -keep);
  }

  end(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }
}
