import type { Brief } from "@inkseal/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { controlsOf } from "./controls.ts";
import { type Deps, runWhole } from "./run.ts";

/** `POST /v1/embeddings`. */
export const EmbeddingsRequest = z.looseObject({
  model: z.string().min(1).max(512),
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(2048)]),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  dimensions: z.int().min(1).nullish(),
  policy: z.string().optional(),
});
export type EmbeddingsRequest = z.infer<typeof EmbeddingsRequest>;

export async function embeddings(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  body: EmbeddingsRequest,
): Promise<unknown> {
  const { policy, ...params } = body;
  const texts = typeof params.input === "string" ? [params.input] : params.input;
  const brief: Brief = Object.freeze({
    kind: "brief" as const,
    version: 1 as const,
    task: "embedding" as const,
    model: params.model,
    text: texts[0],
    texts,
    files: [],
    controls: controlsOf(params),
    stream: false,
    wire: { dialect: "openai.embeddings" as const, params },
    fallbacks: [],
    policy,
  });
  const { model, chunks, usage } = await runWhole(deps, request, reply, brief);
  reply.header("content-type", "application/json; charset=utf-8");
  const wire = chunks[0]?.wire;
  if (wire?.text !== undefined) return wire.text;
  const data = chunks
    .filter((c) => c.vector !== undefined)
    .sort((a, b) => a.index - b.index)
    .map((c) => ({
      object: "embedding",
      index: c.index,
      embedding: params.encoding_format === "base64" ? base64Floats(c.vector ?? []) : c.vector,
    }));
  const tokens = usage.inputTokens ?? 0;
  return { object: "list", data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

/** Little-endian float32, base64, as the openai package asks for by default. */
const base64Floats = (vector: readonly number[]): string => Buffer.from(Float32Array.from(vector).buffer).toString("base64");
