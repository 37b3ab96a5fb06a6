import { type Artifact, type Brief, InksealError, type InputFile } from "@inkseal/core";
import { create } from "@inkseal/pipeline";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { contextOf } from "../context.ts";
import { controlsOf, OwnControls } from "./controls.ts";
import type { Form } from "./multipart.ts";
import type { Deps } from "./run.ts";

/** `POST /v1/videos`, as JSON or as a form with `input_reference` (pictures, in order). Model and size have our own defaults. */
export const VideoRequest = z.looseObject({
  model: z.string().min(1).max(512).nullish(),
  prompt: z.string().min(1).max(100_000),
  size: z.string().nullish(),
  /** OpenAI's length of the clip; a film is as long as its words, so ours passes it over. */
  seconds: z.coerce.string().nullish(),
  format: z.string().optional(),
  policy: z.string().optional(),
  controls: OwnControls,
});

/** Videos that are known at once, finished ones included; the oldest finished goes first. Their files stay on the shelf. */
const mostKnown = 200;

interface Video {
  readonly id: string;
  readonly owner: string;
  readonly model: string;
  readonly prompt: string;
  readonly size: string;
  readonly created: number;
  status: "queued" | "in_progress" | "completed" | "failed";
  progress: number;
  completed?: number;
  seconds?: number;
  run?: string;
  error?: { code: string; message: string };
  /** The film, then its captions. */
  artifacts: readonly Pick<Artifact, "id" | "mediaType">[];
  abort(): void;
}

/** Films on behalf of requests that do not wait: OpenAI's video jobs. Known to this process only; a restart forgets jobs, not files. */
export class Videos {
  readonly #videos = new Map<string, Video>();

  start(deps: Deps, request: FastifyRequest, brief: Brief): Video {
    const { house, runs, telemetry } = deps;
    const flight = runs.start(request.actor.id);
    const now = (): number => Math.floor(house.clock.now() / 1000);
    const video: Video = {
      id: house.newId("video"),
      owner: request.actor.id,
      model: brief.model ?? "inkseal-film",
      prompt: brief.text ?? "",
      size: brief.controls.size ?? "1280x720",
      created: now(),
      status: "queued",
      progress: 0,
      artifacts: [],
      abort: () => flight.abort(),
    };
    this.#remember(video);
    const context = contextOf(house, request.actor, flight.signal);
    const span = telemetry.begin(brief);
    const run = async (): Promise<void> => {
      try {
        for await (const event of create(brief, context)) {
          span.on(event);
          if (event.type === "started") {
            flight.named(event.run);
            Object.assign(video, { status: "in_progress", run: event.run });
          } else if (event.type === "progress")
            video.progress = Math.max(video.progress, Math.floor((event.fraction ?? 0) * 99));
          else if (event.type === "artifact") video.artifacts = [...video.artifacts, event.artifact];
          else if (event.type === "finished") {
            const { seconds } = event.usage;
            Object.assign(video, { status: "completed", progress: 100, completed: now(), seconds });
          } else if (event.type === "failed") {
            const { code, message } = event.error;
            Object.assign(video, { status: "failed", completed: now(), error: { code, message }, run: event.run });
          }
        }
      } finally {
        span.end();
        flight.end();
      }
    };
    void run();
    return video;
  }

  /** Throws `not-found` for another key's. */
  of(request: FastifyRequest): Video {
    const { id } = request.params as { id: string };
    const video = this.#videos.get(id);
    if (video === undefined || !mayRead(request, video))
      throw new InksealError("not-found", "no video of that id; after a restart look for its file under /api/artifacts", {
        param: "id",
      });
    return video;
  }

  list(request: FastifyRequest): Video[] {
    return [...this.#videos.values()].filter((v) => mayRead(request, v)).reverse();
  }

  remove(video: Video): void {
    video.abort();
    this.#videos.delete(video.id);
  }

  #remember(video: Video): void {
    this.#videos.set(video.id, video);
    if (this.#videos.size <= mostKnown) return;
    const oldest = [...this.#videos.values()].find((v) => v.completed !== undefined);
    if (oldest !== undefined) this.#videos.delete(oldest.id);
  }
}

const mayRead = (request: FastifyRequest, video: Video): boolean =>
  video.owner === request.actor.id || request.scopes.includes("admin");

export function videoBrief(body: z.infer<typeof VideoRequest>, files: readonly InputFile[]): Brief {
  const { policy, controls: own, format, ...params } = body;
  return Object.freeze({
    kind: "brief" as const,
    version: 1 as const,
    task: "video" as const,
    model: params.model ?? undefined,
    text: params.prompt,
    files: [...files],
    controls: { ...controlsOf(params, own), ...(format !== undefined && { format }) },
    stream: false,
    fallbacks: [],
    policy,
  });
}

export function videoForm(form: Form): { body: z.infer<typeof VideoRequest>; files: readonly InputFile[] } {
  const files = form.files.filter((f) => /^input_reference(\[\])?$/.test(f.role ?? "") && f.mediaType.startsWith("image/"));
  if (files.length < form.files.length)
    throw new InksealError("bad-file", "input_reference: pictures only", { param: "input_reference" });
  return { body: VideoRequest.parse(form.fields), files: files.map((f) => ({ ...f, role: "image" })) };
}

/** OpenAI's video object, with our ids beside it. */
export const videoObject = (v: Video): Record<string, unknown> => ({
  id: v.id,
  object: "video",
  created_at: v.created,
  completed_at: v.completed ?? null,
  expires_at: null,
  status: v.status,
  progress: v.progress,
  model: v.model,
  prompt: v.prompt,
  size: v.size,
  seconds: String(Math.round(v.seconds ?? 0)),
  remixed_from_video_id: null,
  error: v.error ?? null,
  inkseal: { run: v.run ?? null, artifacts: v.artifacts.map(({ id, mediaType }) => ({ id, mediaType })) },
});

/** The finished film, or with `variant=captions` its captions. */
export async function videoContent(
  { house }: Deps,
  video: Video,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { variant = "video" } = request.query as { variant?: string };
  if (variant !== "video" && variant !== "captions")
    throw new InksealError("cannot-do", `variant: video and captions are kept, not ${variant}`, { param: "variant" });
  if (video.status !== "completed")
    throw new InksealError("bad-request", `the video is ${video.status}; its content comes when it is completed`, {
      param: "id",
    });
  const artifact = video.artifacts.find((a) => a.mediaType.startsWith("video/") === (variant === "video"));
  const bytes = artifact && (await house.ledger.artifacts.bytes(artifact.id));
  if (artifact === undefined || bytes === undefined)
    throw new InksealError("not-found", `there is no ${variant} of this job on the shelf`, { param: "id" });
  return reply.header("content-type", artifact.mediaType).header("x-inkseal-artifact", artifact.id).send(Buffer.from(bytes));
}
