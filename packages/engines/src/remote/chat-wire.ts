import { type Chunk, InksealError, type ToolCallDelta, type Usage } from "@inkseal/core";

interface WireCall {
  readonly index?: number;
  readonly id?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}
interface WireWords {
  readonly content?: string | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly WireCall[];
}
interface WireChoice {
  readonly index?: number;
  readonly delta?: WireWords;
  readonly message?: WireWords;
  readonly text?: string;
  readonly finish_reason?: string | null;
}
export interface WireUsage {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number };
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number };
  readonly input_tokens_details?: { readonly cached_tokens?: number };
  readonly output_tokens_details?: { readonly reasoning_tokens?: number };
  readonly cost?: number;
}
interface WireBody {
  readonly choices?: readonly WireChoice[];
  readonly usage?: WireUsage | null;
  readonly error?: { readonly message?: string };
}

export function usageOf(usage: WireUsage): Usage {
  return {
    inputTokens: usage.prompt_tokens ?? usage.input_tokens,
    outputTokens: usage.completion_tokens ?? usage.output_tokens,
    cachedTokens: (usage.prompt_tokens_details ?? usage.input_tokens_details)?.cached_tokens,
    reasoningTokens: (usage.completion_tokens_details ?? usage.output_tokens_details)?.reasoning_tokens,
    cost: usage.cost,
  };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InksealError("upstream-invalid", "the provider sent something that is not JSON", { cause });
  }
}

/**
 * One event of a stream, or one whole body, of chat completions or completions: a chunk a choice. `forward` false
 * leaves `wire` out (the event must not reach the caller as it is). The chunks of a whole body share one `wire`; an
 * event with several choices is split, each part with an event of its own.
 */
export function chunksOf(text: string, forward: boolean, streamed: boolean): readonly Chunk[] {
  const json = parseJson(text) as WireBody;
  if (typeof json !== "object" || json === null)
    throw new InksealError("upstream-invalid", "the provider sent JSON that is no object");
  if (json.error !== undefined && json.choices === undefined) {
    throw new InksealError(
      "upstream-error",
      `the provider broke off: ${String(json.error?.message ?? "no reason given").slice(0, 500)}`,
      { upstream: { body: json } },
    );
  }
  const wire = forward ? { json, text } : undefined;
  const usage = json.usage ? usageOf(json.usage) : undefined;
  const choices = json.choices ?? [];
  if (choices.length === 0) return [{ index: 0, usage, wire }];
  if (choices.length === 1) return [chunkOf(choices[0] as WireChoice, usage, wire)];
  // an event of several choices cannot be passed on as it came: guard may clear one choice and hold another
  return choices.map((choice, i) => {
    const own = wire === undefined || !streamed ? wire : { json: splitEvent(json, choice, i === 0) };
    return chunkOf(choice, i === 0 ? usage : undefined, own);
  });
}

function splitEvent(json: WireBody, choice: WireChoice, first: boolean): WireBody {
  const { usage, ...rest } = json;
  return { ...rest, choices: [choice], ...(first && usage !== undefined && { usage }) };
}

function chunkOf(choice: WireChoice, usage: Usage | undefined, wire: Chunk["wire"]): Chunk {
  const words = choice.delta ?? choice.message;
  return {
    index: choice.index ?? 0,
    text: words?.content ?? choice.text ?? undefined,
    reasoning: words?.reasoning_content ?? words?.reasoning ?? undefined,
    refusal: words?.refusal ?? undefined,
    toolCalls: words?.tool_calls?.map(callOf),
    finish: choice.finish_reason ?? undefined,
    usage,
    wire,
  };
}

const callOf = (call: WireCall, i: number): ToolCallDelta => ({
  call: call.index ?? i,
  id: call.id,
  name: call.function?.name,
  arguments: call.function?.arguments,
});
