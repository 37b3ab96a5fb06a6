import { InksealError } from "@inkseal/core";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ZodType } from "zod";
import { requireScope } from "../auth.ts";
import type { RouteSpec } from "../route.ts";
import * as a from "./answers.ts";
import { SpeechRequest, speech, TranscriptionFields, transcriptions } from "./audio.ts";
import { ChatRequest, chat } from "./chat.ts";
import { CompletionRequest, completions } from "./completions.ts";
import { EmbeddingsRequest, embeddings } from "./embeddings.ts";
import { deleteFile, fileContent, listFiles, oneFile, uploadFile } from "./files.ts";
import { ImageEditFields, ImageRequest, imageEdits, images } from "./images.ts";
import { listModels, oneModel } from "./models.ts";
import { ModerationRequest, moderations } from "./moderations.ts";
import { readForm } from "./multipart.ts";
import { ResponsesRequest, responses } from "./responses.ts";
import type { Deps } from "./run.ts";
import { VideoRequest, videoBrief, videoContent, videoForm, videoObject } from "./videos.ts";

/** One line of the OpenAI-compatible API: registers the route and feeds the OpenAPI document. */
export interface V1Route {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly summary: string;
  readonly scope: "create" | "read";
  readonly request?: ZodType;
  readonly form?: boolean;
  /** For the document: of a good answer, of each event, or its media type where it is neither. */
  readonly answer?: Pick<RouteSpec, "response" | "events" | "produces">;
  readonly handle: (deps: Deps, request: FastifyRequest, reply: FastifyReply) => unknown;
}

const post = <T>(
  path: string,
  summary: string,
  schema: ZodType<T>,
  handle: (deps: Deps, request: FastifyRequest, reply: FastifyReply, body: T) => unknown,
  answer: V1Route["answer"],
): V1Route => ({
  method: "POST",
  path,
  summary,
  scope: "create",
  request: schema,
  answer,
  handle: (deps, request, reply) => handle(deps, request, reply, parseBody(schema, request.body)),
});

export const v1Routes: readonly V1Route[] = [
  {
    method: "GET",
    path: "/v1/models",
    summary: "All models of all engines",
    scope: "read",
    answer: { response: a.Models },
    handle: ({ house }) => listModels(house),
  },
  {
    method: "GET",
    path: "/v1/models/*",
    summary: "One model",
    scope: "read",
    answer: { response: a.ModelObject },
    handle: ({ house }, request) => oneModel(house, (request.params as { "*": string })["*"]),
  },
  post("/v1/chat/completions", "Chat, whole or streamed", ChatRequest, chat, {
    response: a.ChatCompletion,
    events: a.ChatCompletionChunk,
  }),
  post("/v1/responses", "Responses, whole or streamed (stateless)", ResponsesRequest, responses, {
    response: a.Response,
    events: a.ResponseEvent,
  }),
  post("/v1/completions", "Text completion, and infill with a suffix", CompletionRequest, completions, {
    response: a.Completion,
    events: a.Completion,
  }),
  post("/v1/embeddings", "Embeddings", EmbeddingsRequest, embeddings, { response: a.Embeddings }),
  post("/v1/images/generations", "Pictures from words", ImageRequest, images, { response: a.Images }),
  {
    method: "POST",
    path: "/v1/images/edits",
    summary: "Pictures from pictures and words",
    scope: "create",
    request: ImageEditFields,
    form: true,
    answer: { response: a.Images },
    handle: async (deps, request, reply) => imageEdits(deps, request, reply, await readForm(request)),
  },
  post("/v1/audio/speech", "Speech from words", SpeechRequest, speech, { produces: "audio/wav" }),
  {
    method: "POST",
    path: "/v1/audio/transcriptions",
    summary: "Words from a recording",
    scope: "create",
    request: TranscriptionFields,
    form: true,
    answer: { response: a.Transcription },
    handle: async (deps, request, reply) => transcriptions(deps, request, reply, await readForm(request)),
  },
  {
    method: "POST",
    path: "/v1/videos",
    summary: "Begin a film from words (and pictures)",
    scope: "create",
    request: VideoRequest,
    answer: { response: a.Video },
    handle: async (deps, request) => {
      const { body, files } = request.isMultipart()
        ? videoForm(await readForm(request))
        : { body: parseBody(VideoRequest, request.body), files: [] };
      return videoObject(await deps.videos.start(deps, request, videoBrief(body, files)));
    },
  },
  {
    method: "GET",
    path: "/v1/videos",
    summary: "Films of this key, newest first",
    scope: "read",
    answer: { response: a.Videos },
    handle: async ({ videos }, request) => ({
      object: "list",
      data: (await videos.list(request)).map(videoObject),
      has_more: false,
    }),
  },
  {
    method: "GET",
    path: "/v1/videos/:id",
    summary: "How far a film is",
    scope: "read",
    answer: { response: a.Video },
    handle: async ({ videos }, request) => videoObject(await videos.of(request)),
  },
  {
    method: "GET",
    path: "/v1/videos/:id/content",
    summary: "A finished film; variant=captions gives its captions",
    scope: "read",
    answer: { produces: "video/mp4" },
    handle: async (deps, request, reply) => videoContent(deps, await deps.videos.of(request), request, reply),
  },
  {
    method: "DELETE",
    path: "/v1/videos/:id",
    summary: "Stop a film and forget its job; a finished file stays on the shelf",
    scope: "create",
    answer: { response: a.DeletedVideo },
    handle: async ({ videos }, request) => {
      const video = await videos.of(request);
      await videos.remove(video);
      return { id: video.id, object: "video.deleted", deleted: true };
    },
  },
  post("/v1/moderations", "Is this harmful, or personal?", ModerationRequest, moderations, { response: a.Moderations }),
  {
    method: "POST",
    path: "/v1/files",
    summary: "Upload a file",
    scope: "create",
    form: true,
    answer: { response: a.FileObject },
    handle: uploadFile,
  },
  {
    method: "GET",
    path: "/v1/files",
    summary: "Uploaded files",
    scope: "read",
    answer: { response: a.Files },
    handle: listFiles,
  },
  {
    method: "GET",
    path: "/v1/files/:id",
    summary: "One uploaded file",
    scope: "read",
    answer: { response: a.FileObject },
    handle: oneFile,
  },
  {
    method: "GET",
    path: "/v1/files/:id/content",
    summary: "Its bytes",
    scope: "read",
    answer: { produces: "application/octet-stream" },
    handle: fileContent,
  },
  {
    method: "DELETE",
    path: "/v1/files/:id",
    summary: "Delete an uploaded file",
    scope: "create",
    answer: { response: a.Deleted },
    handle: deleteFile,
  },
];

export function registerV1(app: FastifyInstance, deps: Deps): void {
  for (const route of v1Routes) {
    app.route({
      method: route.method,
      url: route.path,
      handler: (request, reply) => {
        requireScope(request, route.scope);
        return route.handle(deps, request, reply);
      },
    });
  }
}

function parseBody<T>(schema: ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const param = issue?.path.join(".") || undefined;
  throw new InksealError("bad-request", `${param ?? "body"}: ${issue?.message ?? "not understood"}`, { param });
}
