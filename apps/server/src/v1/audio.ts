import { type Brief, InksealError } from "@inkseal/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { controlsOf, OwnControls } from "./controls.ts";
import type { Form } from "./multipart.ts";
import { type Deps, runWhole } from "./run.ts";

const formats = {
  wav: "audio/wav",
  mp3: "audio/mpeg",
  opus: "audio/opus",
  aac: "audio/aac",
  flac: "audio/flac",
  pcm: "audio/pcm",
} as const;

/** `POST /v1/audio/speech`. Captions that `controls` ask for are a second artifact, which a header names. */
export const SpeechRequest = z.looseObject({
  model: z.string().min(1).max(512),
  input: z.string().min(1).max(100_000),
  voice: z.union([z.string(), z.looseObject({ id: z.string() })]).nullish(),
  response_format: z.enum(["mp3", "opus", "aac", "flac", "wav", "pcm"]).nullish(),
  speed: z.number().min(0.25).max(4).nullish(),
  instructions: z.string().nullish(),
  policy: z.string().optional(),
  controls: OwnControls,
});

export async function speech(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  body: z.infer<typeof SpeechRequest>,
): Promise<unknown> {
  const { policy, controls: own, ...params } = body;
  const brief: Brief = Object.freeze({
    kind: "brief" as const,
    version: 1 as const,
    task: "speech" as const,
    model: params.model,
    text: params.input,
    files: [],
    controls: { ...controlsOf(params, own), format: formats[params.response_format ?? "mp3"] },
    stream: false,
    wire: { dialect: "openai.speech" as const, params },
    fallbacks: [],
    policy,
  });
  const { artifacts } = await runWhole(deps, request, reply, brief);
  const sound = artifacts[0];
  if (sound === undefined) throw new InksealError("upstream-invalid", "the engine made no sound");
  const captions = artifacts[1];
  if (captions !== undefined) reply.header("x-inkseal-captions", captions.id);
  return reply.header("content-type", sound.mediaType).header("x-inkseal-artifact", sound.id).send(Buffer.from(sound.bytes));
}

/** Fields of `POST /v1/audio/transcriptions` beside its file. */
export const TranscriptionFields = z.looseObject({
  model: z.string().min(1).max(512),
  language: z.string().nullish(),
  prompt: z.string().nullish(),
  response_format: z.enum(["json", "text", "srt", "vtt", "verbose_json"]).nullish(),
  temperature: z.coerce.number().min(0).max(1).nullish(),
  policy: z.string().optional(),
  controls: OwnControls,
});

export async function transcriptions(deps: Deps, request: FastifyRequest, reply: FastifyReply, form: Form): Promise<unknown> {
  const file = form.files.find((f) => f.role === "file");
  if (file === undefined) throw new InksealError("bad-request", "file: send the recording", { param: "file" });
  if (!/^(audio|video)\//.test(file.mediaType))
    throw new InksealError("bad-file", "file: not a recording of a known type", { param: "file" });
  const { policy, controls: own, ...params } = TranscriptionFields.parse(form.fields);
  const brief: Brief = Object.freeze({
    kind: "brief" as const,
    version: 1 as const,
    task: "transcription" as const,
    model: params.model,
    ...(params.prompt && { text: params.prompt }),
    files: [{ ...file, role: "audio" }],
    controls: controlsOf(params, own),
    stream: false,
    wire: { dialect: "openai.transcriptions" as const, params },
    fallbacks: [],
    policy,
  });
  const { chunks } = await runWhole(deps, request, reply, brief);
  const text = chunks.map((c) => c.text ?? "").join("");
  const json = chunks.find((c) => c.json !== undefined)?.json;
  const format = params.response_format ?? "json";
  if (format === "text" || format === "srt" || format === "vtt")
    return reply.header("content-type", "text/plain; charset=utf-8").send(text);
  return format === "verbose_json" && json !== undefined ? json : { text };
}
