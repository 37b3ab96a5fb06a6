import { type Brief, type Chunk, InksealError, type Message, type Usage } from "@inkseal/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { gatherCalls } from "./chat.ts";
import { controlsOf, OwnControls } from "./controls.ts";
import { errorEnvelope } from "./envelope.ts";
import { type Deps, runFor, runHeaders, runWhole } from "./run.ts";
import { streamHeaders, write } from "./sse.ts";

const Item = z.looseObject({ type: z.string().optional(), role: z.string().optional() });

/** `POST /v1/responses`, stateless: `previous_response_id` needs stored words, which Inkseal does not keep. */
export const ResponsesRequest = z.looseObject({
  model: z.string().min(1).max(512),
  input: z.union([z.string(), z.array(Item).min(1)]),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  max_output_tokens: z.int().min(1).nullish(),
  previous_response_id: z.null().optional(),
  fallbacks: z.array(z.string()).optional(),
  policy: z.string().optional(),
  controls: OwnControls,
});
export type ResponsesRequest = z.infer<typeof ResponsesRequest>;

export async function responses(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  body: ResponsesRequest,
): Promise<unknown> {
  const { fallbacks, policy, controls: own, ...params } = body;
  const brief: Brief = Object.freeze({
    kind: "brief" as const,
    version: 1 as const,
    task: "chat" as const,
    model: params.model,
    messages: messagesOf(params),
    files: [],
    controls: {
      ...controlsOf(params, own),
      ...(Array.isArray(params.tools) && { tools: chatTools(params.tools as Record<string, unknown>[]) }),
    },
    stream: params.stream === true,
    wire: { dialect: "openai.responses" as const, params },
    fallbacks: fallbacks ?? [],
    policy,
  });
  if (brief.stream) return await stream(deps, request, reply, brief, params);
  const { run, model, chunks, usage, row } = await runWhole(deps, request, reply, brief);
  const wire = chunks[0]?.wire;
  if (wire?.text !== undefined && chunks.every((c) => c.wire?.text !== undefined)) {
    reply.header("content-type", "application/json; charset=utf-8");
    return wire.text;
  }
  return response(run, model, Math.floor(Date.parse(row.at) / 1000), params, chunks, usage, "completed");
}

/** The input items as chat messages. */
export function messagesOf({ input, instructions }: Pick<ResponsesRequest, "input" | "instructions">): Message[] {
  const messages: Message[] = instructions ? [{ role: "system", content: instructions }] : [];
  if (typeof input === "string") return [...messages, { role: "user", content: input }];
  for (const item of input as Record<string, unknown>[]) {
    if (item.type === "function_call") {
      messages.push({
        role: "assistant",
        content: null,
        tool_calls: [{ id: item.call_id, type: "function", function: { name: item.name, arguments: item.arguments } }],
      });
    } else if (item.type === "function_call_output") {
      messages.push({
        role: "tool",
        tool_call_id: item.call_id,
        content: typeof item.output === "string" ? item.output : JSON.stringify(item.output),
      });
    } else if (item.role !== undefined) messages.push({ role: item.role as Message["role"], content: contentOf(item.content) });
    else if (item.type !== "reasoning")
      throw new InksealError("cannot-do", `input: items of type ${JSON.stringify(item.type)} are not understood`, {
        param: "input",
      });
  }
  return messages;
}

function contentOf(content: unknown): Message["content"] {
  if (!Array.isArray(content)) return content as string;
  return (content as Record<string, unknown>[]).map((part) => {
    if (part.type === "input_text" || part.type === "output_text") return { type: "text", text: part.text };
    if (part.type === "input_image")
      return { type: "image_url", image_url: { url: part.image_url, detail: part.detail ?? "auto" } };
    return part;
  }) as Message["content"];
}

/** Function tools are flat in the Responses API and nested in Chat Completions. */
const chatTools = (tools: readonly Record<string, unknown>[]): Record<string, unknown>[] =>
  tools.map((t) =>
    t.type === "function" && t.function === undefined
      ? { type: "function", function: { name: t.name, description: t.description, parameters: t.parameters, strict: t.strict } }
      : t,
  );

function response(
  run: string,
  model: string,
  created: number,
  params: ResponsesRequest,
  chunks: readonly Chunk[],
  usage: Usage | undefined,
  status: string,
): Record<string, unknown> {
  const text = chunks.map((c) => c.text ?? "").join("");
  const calls = gatherCalls(chunks.flatMap((c) => c.toolCalls ?? []));
  const cut = chunks.some((c) => c.finish === "length");
  const output: unknown[] = [];
  if (text !== "") output.push(messageItem(run, text, status === "in_progress" ? "in_progress" : "completed"));
  for (const [i, call] of calls.entries()) output.push(callItem(run, i, call));
  return {
    id: `resp_${run}`,
    object: "response",
    created_at: created,
    status: cut && status === "completed" ? "incomplete" : status,
    error: null,
    incomplete_details: cut ? { reason: "max_output_tokens" } : null,
    instructions: params.instructions ?? null,
    max_output_tokens: params.max_output_tokens ?? null,
    model,
    output,
    parallel_tool_calls: params.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: params.reasoning ?? { effort: null, summary: null },
    store: false,
    temperature: params.temperature ?? null,
    text: params.text ?? { format: { type: "text" } },
    tool_choice: params.tool_choice ?? "auto",
    tools: params.tools ?? [],
    top_p: params.top_p ?? null,
    truncation: "disabled",
    usage:
      usage === undefined
        ? null
        : {
            input_tokens: usage.inputTokens ?? 0,
            input_tokens_details: { cached_tokens: usage.cachedTokens ?? 0 },
            output_tokens: usage.outputTokens ?? 0,
            output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
            total_tokens: (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0),
          },
    metadata: params.metadata ?? {},
  };
}

const messageItem = (run: string, text: string, status: string): Record<string, unknown> => ({
  id: `msg_${run}`,
  type: "message",
  status,
  role: "assistant",
  content: status === "in_progress" ? [] : [{ type: "output_text", text, annotations: [], logprobs: [] }],
});
const callItem = (
  run: string,
  i: number,
  call: { id: string; function: { name: string; arguments: string } },
): Record<string, unknown> => ({
  id: `fc_${run}_${i}`,
  type: "function_call",
  status: "completed",
  call_id: call.id,
  name: call.function.name,
  arguments: call.function.arguments,
});

/**
 * The Responses event stream, always written here: the provider's own closing events repeat the whole text and could
 * not be told from unguarded words.
 */
async function stream(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  brief: Brief,
  params: ResponsesRequest,
): Promise<unknown> {
  const raw = reply.raw;
  const created = Math.floor(deps.house.clock.now() / 1000);
  let number = 0;
  const event = (type: string, data: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number++, ...data })}\n\n`;
  const chunks: Chunk[] = [];
  let run = "";
  let model = "";
  let opened = false;
  for await (const e of runFor(deps, request, reply, brief)) {
    if (e.type === "started") {
      ({ run, model } = e);
      reply.hijack();
      raw.writeHead(200, { ...streamHeaders, ...runHeaders(run, e.engine, model, e.warnings) });
      const begun = { response: response(run, model, created, params, [], undefined, "in_progress") };
      await write(raw, event("response.created", begun) + event("response.in_progress", begun));
    } else if (e.type === "delta") {
      let out = "";
      for (const chunk of e.chunks) {
        chunks.push(chunk);
        if (!chunk.text) continue;
        const place = { item_id: `msg_${run}`, output_index: 0, content_index: 0 };
        if (!opened) {
          out += event("response.output_item.added", { output_index: 0, item: messageItem(run, "", "in_progress") });
          out += event("response.content_part.added", {
            ...place,
            part: { type: "output_text", text: "", annotations: [], logprobs: [] },
          });
          opened = true;
        }
        out += event("response.output_text.delta", { ...place, delta: chunk.text, logprobs: [] });
      }
      if (out !== "" && !(await write(raw, out))) break;
    } else if (e.type === "failed") {
      if (!raw.headersSent) throw e.error;
      const { error } = errorEnvelope(e.error);
      const broken = {
        ...response(run, model, created, params, chunks, undefined, "failed"),
        error: { code: error.code, message: error.message },
      };
      raw.end(event("response.failed", { response: broken }));
    } else if (e.type === "finished")
      raw.end(
        closing(event, run, opened, chunks) +
          completed(event, response(run, model, created, params, chunks, e.usage, "completed")),
      );
  }
  if (!raw.headersSent) throw new InksealError("internal", "the run ended without a result");
  return reply;
}

type Write = (type: string, data: object) => string;

function completed(event: Write, whole: Record<string, unknown>): string {
  return event(whole.status === "incomplete" ? "response.incomplete" : "response.completed", { response: whole });
}

function closing(event: Write, run: string, opened: boolean, chunks: readonly Chunk[]): string {
  let out = "";
  if (opened) {
    const text = chunks.map((c) => c.text ?? "").join("");
    const place = { item_id: `msg_${run}`, output_index: 0, content_index: 0 };
    out += event("response.output_text.done", { ...place, text, logprobs: [] });
    out += event("response.content_part.done", {
      ...place,
      part: { type: "output_text", text, annotations: [], logprobs: [] },
    });
    out += event("response.output_item.done", { output_index: 0, item: messageItem(run, text, "completed") });
  }
  for (const [i, call] of gatherCalls(chunks.flatMap((c) => c.toolCalls ?? [])).entries()) {
    const output_index = i + (opened ? 1 : 0);
    const item = callItem(run, i, call);
    out += event("response.output_item.added", { output_index, item: { ...item, status: "in_progress", arguments: "" } });
    out += event("response.function_call_arguments.delta", { item_id: item.id, output_index, delta: call.function.arguments });
    out += event("response.function_call_arguments.done", {
      item_id: item.id,
      output_index,
      arguments: call.function.arguments,
    });
    out += event("response.output_item.done", { output_index, item });
  }
  return out;
}
