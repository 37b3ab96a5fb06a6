import type { Brief } from "@inkseal/core";
import { guardModel } from "@inkseal/pipeline";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { type Deps, runWhole } from "./run.ts";

/** `POST /v1/moderations`. Without a model the house's own guard answers. */
export const ModerationRequest = z.looseObject({
  model: z.string().min(1).max(512).nullish(),
  input: z.union([z.string(), z.array(z.string()).min(1).max(128), z.array(z.looseObject({ type: z.string() })).min(1)]),
  policy: z.string().optional(),
});

export async function moderations(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  body: z.infer<typeof ModerationRequest>,
): Promise<unknown> {
  const { policy, ...params } = body;
  const texts = (Array.isArray(params.input) ? params.input : [params.input]).map((i) =>
    typeof i === "string" ? i : String(i.text ?? ""),
  );
  const brief: Brief = Object.freeze({
    kind: "brief" as const,
    version: 1 as const,
    task: "moderation" as const,
    model: params.model ?? guardModel,
    text: texts[0],
    texts,
    files: [],
    controls: {},
    stream: false,
    wire: { dialect: "openai.moderations" as const, params },
    fallbacks: [],
    policy,
  });
  const { run, model, chunks } = await runWhole(deps, request, reply, brief);
  return chunks[0]?.wire?.json ?? chunks[0]?.json ?? { id: `modr-${run}`, model, results: [] };
}
