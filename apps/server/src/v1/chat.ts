import { type Brief, type Chunk, InksealError, Message, type ToolCallDelta, type Usage } from "@inkseal/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { controlsOf, OwnControls } from "./controls.ts";
import { errorEnvelope } from "./envelope.ts";
import { type Deps, runFor, runHeaders, runWhole } from "./run.ts";
import { streamHeaders, write } from "./sse.ts";

/** `POST /v1/chat/completions`. Loose: what we do not know goes to the provider as it came. */
export const ChatRequest = z.looseObject({
  model: z.string().min(1).max(512),
  messages: z.array(Message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.int().min(1).max(128).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  /** Ours: models to try when the first fails, and the policy to apply. */
  fallbacks: z.array(z.string()).optional(),
  policy: z.string().optional(),
  controls: OwnControls,
});
export type ChatRequest = z.infer<typeof ChatRequest>;

export async function chat(deps: Deps, request: FastifyRequest, reply: FastifyReply, body: ChatRequest): Promise<unknown> {
  const brief = chatBrief(body);
  return brief.stream ? streamChat(deps, request, reply, brief, body) : await wholeChat(deps, request, reply, brief);
}

export function chatBrief({ fallbacks, policy, controls: own, ...params }: ChatRequest): Brief {
  return Object.freeze<Brief>({
    kind: "brief",
    version: 1,
    task: "chat",
    model: params.model,
    messages: params.messages,
    files: [],
    controls: controlsOf(params, own),
    stream: params.stream === true,
    wire: { dialect: "openai.chat", params },
    fallbacks: fallbacks ?? [],
    policy,
  });
}

async function wholeChat(deps: Deps, request: FastifyRequest, reply: FastifyReply, brief: Brief): Promise<string> {
  const { run, model, chunks, usage, row } = await runWhole(deps, request, reply, brief);
  reply.header("content-type", "application/json; charset=utf-8");
  const wire = chunks[0]?.wire;
  if (wire?.text !== undefined && chunks.every((c) => c.wire?.text !== undefined)) return wire.text;
  if (wire !== undefined) return JSON.stringify(patchWhole(wire.json, chunks));
  return JSON.stringify({
    id: `chatcmpl-${run}`,
    object: "chat.completion",
    created: Math.floor(Date.parse(row.at) / 1000),
    model,
    choices: choicesOf(chunks),
    usage: openaiUsage(usage),
  });
}

/** The provider's own body with the guarded words in place of its own. */
function patchWhole(json: unknown, chunks: readonly Chunk[]): unknown {
  const body = structuredClone(json) as {
    choices?: { index?: number; logprobs?: unknown; message?: Record<string, unknown> }[];
  };
  for (const [i, choice] of (body.choices ?? []).entries()) {
    const own = chunks.filter((c) => c.index === (choice.index ?? i));
    if (own.every((c) => c.wire?.text !== undefined)) continue;
    choice.message = { ...choice.message, ...messageOf(own) };
    delete choice.logprobs; // they spell out what was masked
  }
  return body;
}

function choicesOf(chunks: readonly Chunk[]): unknown[] {
  const indices = [...new Set(chunks.map((c) => c.index))].sort((a, b) => a - b);
  return indices.map((index) => {
    const own = chunks.filter((c) => c.index === index);
    return {
      index,
      message: { role: "assistant", ...messageOf(own) },
      logprobs: null,
      finish_reason: own.findLast((c) => c.finish)?.finish ?? "stop",
    };
  });
}

function messageOf(chunks: readonly Chunk[]): Record<string, unknown> {
  const join = (key: "text" | "reasoning" | "refusal"): string | undefined =>
    chunks.some((c) => c[key] !== undefined) ? chunks.map((c) => c[key] ?? "").join("") : undefined;
  const calls = gatherCalls(chunks.flatMap((c) => c.toolCalls ?? []));
  return {
    content: join("text") ?? null,
    ...(join("reasoning") !== undefined && { reasoning_content: join("reasoning") }),
    refusal: join("refusal") ?? null,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

export function gatherCalls(
  deltas: readonly ToolCallDelta[],
): { id: string; type: "function"; function: { name: string; arguments: string } }[] {
  const calls: { id: string; type: "function"; function: { name: string; arguments: string } }[] = [];
  for (const d of deltas) {
    const call = (calls[d.call] ??= { id: "", type: "function", function: { name: "", arguments: "" } });
    if (d.id) call.id = d.id;
    if (d.name) call.function.name += d.name;
    if (d.arguments) call.function.arguments += d.arguments;
  }
  return calls;
}

export function openaiUsage(usage: Usage): Record<string, unknown> {
  const { inputTokens = 0, outputTokens = 0, cachedTokens, reasoningTokens } = usage;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(cachedTokens !== undefined && { prompt_tokens_details: { cached_tokens: cachedTokens } }),
    ...(reasoningTokens !== undefined && { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  };
}

/** Server-sent events as OpenAI writes them: `data: {…}\n\n` each, `data: [DONE]\n\n` last. */
async function streamChat(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  brief: Brief,
  body: ChatRequest,
): Promise<unknown> {
  const wantsUsage = body.stream_options?.include_usage === true;
  const raw = reply.raw;
  let head = { run: "", engine: "", model: "", created: Math.floor(deps.house.clock.now() / 1000), first: true };
  for await (const event of runFor(deps, request, reply, brief)) {
    if (event.type === "started") {
      head = { ...head, run: event.run, engine: event.engine, model: event.model };
      reply.hijack();
      raw.writeHead(200, { ...streamHeaders, ...runHeaders(event.run, event.engine, event.model, event.warnings) });
    } else if (event.type === "delta") {
      let out = "";
      for (const chunk of event.chunks) out += chunkEvent(chunk, head, wantsUsage);
      if (out !== "" && !(await write(raw, out))) break;
    } else if (event.type === "failed") {
      if (!raw.headersSent) throw event.error;
      raw.end(`data: ${JSON.stringify(errorEnvelope(event.error))}\n\n`);
    } else if (event.type === "finished") raw.end("data: [DONE]\n\n");
  }
  if (!raw.headersSent) throw new InksealError("internal", "the run ended without a result");
  return reply;
}

interface Head {
  readonly run: string;
  readonly model: string;
  readonly created: number;
  first: boolean;
}

function chunkEvent(chunk: Chunk, head: Head, wantsUsage: boolean): string {
  if (chunk.wire?.text !== undefined) return `data: ${chunk.wire.text}\n\n`;
  if (chunk.wire !== undefined) return `data: ${JSON.stringify(patchDelta(chunk.wire.json, chunk))}\n\n`;
  let out = "";
  const envelope = { id: `chatcmpl-${head.run}`, object: "chat.completion.chunk", created: head.created, model: head.model };
  const delta = deltaOf(chunk);
  if (Object.keys(delta).length > 0 || chunk.finish !== undefined) {
    const choice = {
      index: chunk.index,
      delta: head.first ? { role: "assistant", ...delta } : delta,
      logprobs: null,
      finish_reason: chunk.finish ?? null,
    };
    head.first = false;
    out += `data: ${JSON.stringify({ ...envelope, choices: [choice], ...(wantsUsage && { usage: null }) })}\n\n`;
  }
  if (wantsUsage && chunk.usage !== undefined)
    out += `data: ${JSON.stringify({ ...envelope, choices: [], usage: openaiUsage(chunk.usage) })}\n\n`;
  return out;
}

function patchDelta(json: unknown, chunk: Chunk): unknown {
  const event = json as { choices?: { index?: number; delta?: Record<string, unknown> }[] };
  return {
    ...event,
    choices: (event.choices ?? []).map((choice) => {
      if ((choice.index ?? 0) !== chunk.index) return choice;
      const { logprobs: _spellsOutWhatWasMasked, ...rest } = choice as typeof choice & { logprobs?: unknown };
      const { content: _c, reasoning_content: _r, reasoning: _s, refusal: _f, tool_calls: _t, ...delta } = choice.delta ?? {};
      return { ...rest, delta: { ...delta, ...deltaOf(chunk) } };
    }),
  };
}

function deltaOf(chunk: Chunk): Record<string, unknown> {
  return {
    ...(chunk.text !== undefined && { content: chunk.text }),
    ...(chunk.reasoning !== undefined && { reasoning_content: chunk.reasoning }),
    ...(chunk.refusal !== undefined && { refusal: chunk.refusal }),
    ...(chunk.toolCalls !== undefined && {
      tool_calls: chunk.toolCalls.map((t) => ({
        index: t.call,
        ...(t.id !== undefined && { id: t.id, type: "function" }),
        function: {
          ...(t.name !== undefined && { name: t.name }),
          ...(t.arguments !== undefined && { arguments: t.arguments }),
        },
      })),
    }),
  };
}
