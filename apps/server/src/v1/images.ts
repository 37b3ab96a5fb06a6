import { type Artifact, type Brief, InksealError, type InputFile, type Task } from "@inkseal/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { controlsOf, OwnControls } from "./controls.ts";
import type { Form } from "./multipart.ts";
import { type Deps, runWhole } from "./run.ts";

const shared = {
  model: z.string().min(1).max(512).nullish(),
  prompt: z.string().min(1).max(32_000),
  n: z.coerce.number().int().min(1).max(10).nullish(),
  size: z.string().nullish(),
  response_format: z.enum(["url", "b64_json"]).nullish(),
  output_format: z.enum(["png", "jpeg", "webp"]).nullish(),
  policy: z.string().optional(),
  controls: OwnControls,
};
/** `POST /v1/images/generations`. */
export const ImageRequest = z.looseObject(shared);
/** Fields of `POST /v1/images/edits` beside its files. */
export const ImageEditFields = z.looseObject(shared);

export const images = (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  body: z.infer<typeof ImageRequest>,
): Promise<unknown> => draw(deps, request, reply, "image", body, []);

export function imageEdits(deps: Deps, request: FastifyRequest, reply: FastifyReply, form: Form): Promise<unknown> {
  if (!form.files.some((f) => f.role === "image"))
    throw new InksealError("bad-request", "image: send the picture to edit", { param: "image" });
  for (const f of form.files)
    if (!f.mediaType.startsWith("image/")) throw new InksealError("bad-file", `${f.role}: not a picture`, { param: f.role });
  return draw(deps, request, reply, "image-edit", ImageEditFields.parse(form.fields), form.files);
}

async function draw(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  task: Task,
  body: z.infer<typeof ImageRequest>,
  files: readonly InputFile[],
): Promise<unknown> {
  const { policy, controls: own, ...params } = body;
  const brief: Brief = Object.freeze({
    kind: "brief" as const,
    version: 1 as const,
    task,
    model: params.model ?? undefined,
    text: params.prompt,
    files: [...files],
    controls: { ...controlsOf(params, own), ...(params.output_format && { format: `image/${params.output_format}` }) },
    stream: false,
    wire: { dialect: task === "image" ? ("openai.images" as const) : ("openai.image-edits" as const), params },
    fallbacks: [],
    policy,
  });
  const { artifacts, row, usage } = await runWhole(deps, request, reply, brief);
  const base = `${request.protocol}://${request.host}`;
  return {
    created: Math.floor(Date.parse(row.at) / 1000),
    data: artifacts.map((a) => ({
      ...(params.response_format === "url" ? { url: `${base}/api/artifacts/${a.id}/bytes` } : { b64_json: base64(a) }),
      inkseal: { id: a.id, marks: a.marks.map((m) => m.method) },
    })),
    ...(usage.inputTokens !== undefined && {
      usage: {
        input_tokens: usage.inputTokens,
        output_tokens: usage.outputTokens ?? 0,
        total_tokens: usage.inputTokens + (usage.outputTokens ?? 0),
      },
    }),
  };
}

const base64 = ({ bytes }: Artifact): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
