import { type Brief, type Chunk, InksealError } from "@inkseal/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { openaiUsage } from "./chat.ts";
import { controlsOf, OwnControls } from "./controls.ts";
import { errorEnvelope } from "./envelope.ts";
import { type Deps, runFor, runHeaders, runWhole } from "./run.ts";
import { streamHeaders, write } from "./sse.ts";

/** `POST /v1/completions`: one prompt; with `suffix` the hole between the two is filled. */
export const CompletionRequest = z.looseObject({
  model: z.string().min(1).max(512),
  prompt: z.union([z.string(), z.tuple([z.string()])]),
  suffix: z.string().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: z.int().min(1).nullish(),
  fallbacks: z.array(z.string()).optional(),
  policy: z.string().optional(),
  controls: OwnControls,
});
export type CompletionRequest = z.infer<typeof CompletionRequest>;

type Head = { readonly run: string; readonly model: string; readonly created: number };

export async function completions(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  body: CompletionRequest,
): Promise<unknown> {
  const { fallbacks, policy, controls: own, ...params } = body;
  const brief: Brief = Object.freeze({
    kind: "brief" as const,
    version: 1 as const,
    task: params.suffix ? ("infill" as const) : ("completion" as const),
    model: params.model,
    text: typeof params.prompt === "string" ? params.prompt : params.prompt[0],
    ...(params.suffix && { suffix: params.suffix }),
    files: [],
    controls: controlsOf(params, own),
    stream: params.stream === true,
    wire: { dialect: "openai.completions" as const, params },
    fallbacks: fallbacks ?? [],
    policy,
  });
  if (brief.stream) return await stream(deps, request, reply, brief, params.stream_options?.include_usage === true);
  const { run, model, chunks, usage, row } = await runWhole(deps, request, reply, brief);
  reply.header("content-type", "application/json; charset=utf-8");
  const wire = chunks[0]?.wire;
  if (wire?.text !== undefined && chunks.every((c) => c.wire?.text !== undefined)) return wire.text;
  const head = { run, model, created: Math.floor(Date.parse(row.at) / 1000) };
  const indices = [...new Set(chunks.map((c) => c.index))];
  const choices = indices.map((index) => {
    const own = chunks.filter((c) => c.index === index);
    return {
      index,
      text: own.map((c) => c.text ?? "").join(""),
      logprobs: null,
      finish_reason: own.findLast((c) => c.finish)?.finish ?? "stop",
    };
  });
  return JSON.stringify({ ...envelope(head), ...(wire?.json as object | undefined), choices, usage: openaiUsage(usage) });
}

const envelope = ({ run, model, created }: Head): object => ({ id: `cmpl-${run}`, object: "text_completion", created, model });

async function stream(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  brief: Brief,
  wantsUsage: boolean,
): Promise<unknown> {
  const raw = reply.raw;
  let head: Head = { run: "", model: "", created: Math.floor(deps.house.clock.now() / 1000) };
  for await (const event of runFor(deps, request, reply, brief)) {
    if (event.type === "started") {
      head = { ...head, run: event.run, model: event.model };
      reply.hijack();
      raw.writeHead(200, { ...streamHeaders, ...runHeaders(event.run, event.engine, event.model, event.warnings) });
    } else if (event.type === "delta") {
      const out = event.chunks.map((c) => chunkEvent(c, head, wantsUsage)).join("");
      if (out !== "" && !(await write(raw, out))) break;
    } else if (event.type === "failed") {
      if (!raw.headersSent) throw event.error;
      raw.end(`data: ${JSON.stringify(errorEnvelope(event.error))}\n\n`);
    } else if (event.type === "finished") raw.end("data: [DONE]\n\n");
  }
  if (!raw.headersSent) throw new InksealError("internal", "the run ended without a result");
  return reply;
}

function chunkEvent(chunk: Chunk, head: Head, wantsUsage: boolean): string {
  if (chunk.wire?.text !== undefined) return `data: ${chunk.wire.text}\n\n`;
  let out = "";
  if (chunk.text !== undefined || chunk.finish !== undefined) {
    const choice = { index: chunk.index, text: chunk.text ?? "", logprobs: null, finish_reason: chunk.finish ?? null };
    out += `data: ${JSON.stringify({ ...envelope(head), ...(chunk.wire?.json as object | undefined), choices: [choice] })}\n\n`;
  }
  if (wantsUsage && chunk.usage !== undefined)
    out += `data: ${JSON.stringify({ ...envelope(head), choices: [], usage: openaiUsage(chunk.usage) })}\n\n`;
  return out;
}
