import { type Brief, type Chunk, InksealError, type ToolCallDelta } from "@inkseal/core";
import { parseJson, usageOf, type WireUsage } from "./chat-wire.ts";
import type { Body, Remote } from "./openai-remote.ts";
import { EventParser } from "./sse.ts";

type Batch = readonly Chunk[];
interface Part {
  readonly type?: string;
  readonly text?: string;
  readonly refusal?: string;
}
interface Item {
  readonly type?: string;
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly content?: readonly Part[];
  readonly summary?: readonly Part[];
}
interface Response {
  readonly status?: string;
  readonly error?: { readonly code?: string; readonly message?: string } | null;
  readonly incomplete_details?: { readonly reason?: string } | null;
  readonly output?: readonly Item[];
  readonly usage?: WireUsage | null;
}
interface Event {
  readonly type?: string;
  readonly delta?: string;
  readonly output_index?: number;
  readonly item?: Item;
  readonly response?: Response;
  readonly message?: string;
  readonly code?: string;
}

/**
 * The Responses API for briefs that came in its dialect.
 * Whole: one chunk with the provider's body as `wire`. Streamed: the words, calls, finish and usage without `wire`,
 * because the closing events repeat all that was said and cannot be forwarded past the guard.
 * @see https://platform.openai.com/docs/api-reference/responses
 */
export async function* responses(remote: Remote, brief: Brief, model: string, signal: AbortSignal): AsyncGenerator<Batch> {
  const body: Body = { ...brief.wire?.params, model, stream: brief.stream };
  if (!brief.stream) {
    const wire = await remote.json("/responses", body, signal);
    const response = (wire.json ?? {}) as Response;
    if (response.error) throw brokenOff(remote, response.error.message);
    if (!Array.isArray(response.output)) throw new InksealError("upstream-invalid", `${remote.name} answered no response`);
    yield [{ ...wholeChunk(response), wire }];
    return;
  }
  const answer = await remote.call("POST", "/responses", body, signal);
  if (!String(answer.headers["content-type"] ?? "").includes("text/event-stream"))
    throw new InksealError("upstream-invalid", `${remote.name} answered a stream request with something else`);
  const parser = new EventParser();
  const calls = new Map<number, number>();
  for await (const bytes of answer.body) {
    const batch: Chunk[] = [];
    for (const data of parser.push(bytes)) {
      if (data === "[DONE]") continue;
      const chunk = chunkOf(remote, parseJson(data) as Event, calls);
      if (chunk !== undefined) batch.push(chunk);
    }
    const done = batch.some((c) => c.finish !== undefined);
    if (done) answer.release?.();
    if (batch.length > 0) yield batch;
    if (done) return;
  }
  parser.end();
  throw new InksealError("upstream-invalid", `${remote.name} closed the stream before its end`);
}

/** `calls`: from the output item's index to the number of its call. */
function chunkOf(remote: Remote, event: Event, calls: Map<number, number>): Chunk | undefined {
  const at = event.output_index ?? 0;
  switch (event.type) {
    case "response.output_text.delta":
      return { index: 0, text: event.delta };
    case "response.refusal.delta":
      return { index: 0, refusal: event.delta };
    case "response.reasoning_text.delta":
    case "response.reasoning_summary_text.delta":
      return { index: 0, reasoning: event.delta };
    case "response.output_item.added": {
      if (event.item?.type !== "function_call") return undefined;
      calls.set(at, calls.size);
      return callChunk({
        call: calls.size - 1,
        id: event.item.call_id,
        name: event.item.name,
        arguments: event.item.arguments,
      });
    }
    case "response.function_call_arguments.delta":
      return callChunk({ call: calls.get(at) ?? 0, arguments: event.delta });
    case "response.completed":
    case "response.incomplete": {
      const { finish, usage } = wholeChunk(event.response ?? {});
      return { index: 0, finish: calls.size > 0 && finish === "stop" ? "tool_calls" : finish, usage };
    }
    case "response.failed":
      throw brokenOff(remote, event.response?.error?.message);
    case "error":
      throw brokenOff(remote, event.message);
    default:
      return undefined;
  }
}

const callChunk = (call: ToolCallDelta): Chunk => ({ index: 0, toolCalls: [call] });

function wholeChunk({ output = [], status, incomplete_details, usage }: Response): Chunk {
  const text: string[] = [];
  const refusal: string[] = [];
  const reasoning: string[] = [];
  const toolCalls: ToolCallDelta[] = [];
  for (const item of output) {
    if (item.type === "function_call")
      toolCalls.push({ call: toolCalls.length, id: item.call_id, name: item.name, arguments: item.arguments });
    for (const part of item.summary ?? []) reasoning.push(part.text ?? "");
    for (const part of item.content ?? []) {
      if (part.type === "reasoning_text") reasoning.push(part.text ?? "");
      else if (part.type === "refusal") refusal.push(part.refusal ?? "");
      else if (part.text !== undefined) text.push(part.text);
    }
  }
  const joined = (parts: readonly string[]): string | undefined => (parts.length === 0 ? undefined : parts.join(""));
  return {
    index: 0,
    text: joined(text),
    refusal: joined(refusal),
    reasoning: joined(reasoning),
    toolCalls: toolCalls.length > 0 ? toolCalls : undefined,
    finish: status === "incomplete" ? cutShort(incomplete_details?.reason) : toolCalls.length > 0 ? "tool_calls" : "stop",
    usage: usage ? usageOf(usage) : undefined,
  };
}

const cutShort = (reason: string | undefined): string => (reason === "content_filter" ? "content_filter" : "length");

const brokenOff = (remote: Remote, message: string | undefined): InksealError =>
  new InksealError("upstream-error", `${remote.name} broke off: ${(message ?? "no reason given").slice(0, 500)}`, {
    upstream: { body: message },
  });

/** What of a Responses request has another name in chat completions; controls carry the rest. */
export function responsesAsChat(params: Body): Body {
  const reasoning = params.reasoning as { effort?: unknown } | null | undefined;
  const text = params.text as { verbosity?: unknown } | null | undefined;
  const choice = params.tool_choice as { type?: unknown; name?: unknown } | string | null | undefined;
  const body: Body = {
    reasoning_effort: reasoning?.effort ?? undefined,
    verbosity: text?.verbosity ?? undefined,
    tool_choice:
      typeof choice === "object" && choice?.type === "function"
        ? { type: "function", function: { name: choice.name } }
        : undefined,
  };
  for (const key of ["parallel_tool_calls", "service_tier", "user", "safety_identifier", "prompt_cache_key"] as const)
    body[key] = params[key] ?? undefined;
  return body;
}
