import { type Artifact, type Brief, InksealError, type InputFile } from "@inkseal/core";
import { type Job, jobSilence, type StoredJob } from "@inkseal/ledger";
import { type Context, create } from "@inkseal/pipeline";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { contextOf } from "../context.ts";
import type { House } from "../house.ts";
import type { Flight } from "../runs.ts";
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

/** Videos whose words are remembered, finished ones included; the oldest finished goes first. */
const mostKnown = 200;

/** What is kept of a video when its process has ended: no words of people. */
interface Kept {
  readonly model: string;
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
}
interface Video extends Kept {
  readonly id: string;
  readonly owner: string;
  /** Known to the process that it was asked from. */
  readonly prompt?: string;
  abort?(): void;
}

/**
 * Films on behalf of requests that do not wait: OpenAI's video jobs. They outlive this process: a finished one is found by its id, one that was
 * under way is `failed` and says why.
 */
export class Videos {
  readonly #house: House;
  readonly #here = new Map<string, Video>();

  constructor(house: House) {
    this.#house = house;
  }

  /** Resolves once the job is durable. */
  async start(deps: Deps, request: FastifyRequest, brief: Brief): Promise<Video> {
    const { house, runs } = deps;
    const flight = runs.start(request.actor.id);
    const video: Video = {
      id: house.newId("video"),
      owner: request.actor.id,
      model: brief.model ?? "inkseal-film",
      prompt: brief.text ?? "",
      size: brief.controls.size ?? "1280x720",
      created: this.#now(),
      status: "queued",
      progress: 0,
      artifacts: [],
      abort: () => flight.abort(),
    };
    try {
      await house.jobs.put(jobOf(video));
    } catch (error) {
      flight.end();
      throw error;
    }
    this.#remember(video);
    void this.#run(deps, contextOf(house, request.actor, flight.signal), flight, video, brief);
    return video;
  }

  async #run({ house, telemetry }: Deps, context: Context, flight: Flight, video: Video, brief: Brief): Promise<void> {
    const span = telemetry.begin(brief);
    const save = (): Promise<void> => house.jobs.update(jobOf(video)).catch(() => undefined); // the ledger has what matters
    const alive = setInterval(() => void save(), jobSilence / 3);
    try {
      for await (const event of create(brief, context)) {
        span.on(event);
        if (event.type === "started") {
          flight.named(event.run);
          Object.assign(video, { status: "in_progress", run: event.run });
          await save();
        } else if (event.type === "progress") video.progress = Math.max(video.progress, Math.floor((event.fraction ?? 0) * 99));
        else if (event.type === "artifact") video.artifacts = [...video.artifacts, event.artifact];
        else if (event.type === "finished") {
          const { seconds } = event.usage;
          Object.assign(video, { status: "completed", progress: 100, completed: this.#now(), seconds });
        } else if (event.type === "failed") {
          const { code, message } = event.error;
          Object.assign(video, { status: "failed", completed: this.#now(), error: { code, message }, run: event.run });
        }
      }
      await save();
    } finally {
      clearInterval(alive);
      span.end();
      flight.end();
    }
  }

  /** Throws `not-found` for another key's. */
  async of(request: FastifyRequest): Promise<Video> {
    const { id } = request.params as { id: string };
    const job = this.#here.has(id) ? undefined : await this.#house.jobs.get(id);
    const video = this.#here.get(id) ?? (job && (await this.#found(job)));
    if (video === undefined || !mayRead(request, video))
      throw new InksealError("not-found", "no video of that id", { param: "id" });
    return video;
  }

  async list(request: FastifyRequest): Promise<Video[]> {
    const jobs = await this.#house.jobs.list(request.scopes.includes("admin") ? undefined : request.actor.id, mostKnown);
    return await Promise.all(jobs.map((job) => this.#here.get(job.id) ?? this.#found(job)));
  }

  async remove(video: Video): Promise<void> {
    video.abort?.();
    this.#here.delete(video.id);
    await this.#house.jobs.delete(video.id);
  }

  /** A job of a process that has ended, or of another node: where it ended before its last word, the ledger says how far its run came. */
  async #found({ id, owner, state, alive }: StoredJob): Promise<Video> {
    const kept = state as unknown as Kept;
    const video: Video = { id, owner, ...kept };
    if (alive || kept.status === "completed" || kept.status === "failed") return video;
    const { ledger, jobs } = this.#house;
    const row = kept.run === undefined ? undefined : await ledger.row(kept.run);
    const at = row === undefined ? this.#now() : Math.floor(Date.parse(row.at) / 1000);
    if (row?.status === "done") {
      const artifacts = [...(await ledger.artifacts.list({ run: row.run }))].reverse();
      const { seconds } = row.usage;
      Object.assign(video, {
        status: "completed",
        progress: 100,
        completed: at,
        artifacts,
        ...(seconds !== undefined && { seconds }),
      });
    } else {
      const code = row?.errorCode ?? "shutting-down";
      const message =
        row?.errorCode === undefined
          ? "the server ended while the film was being made; send the same request again: it goes on from what was finished"
          : `the run ended with ${code}, as its ledger row says`;
      Object.assign(video, { status: "failed", completed: at, error: { code, message } });
    }
    await jobs.update(jobOf(video));
    return video;
  }

  #remember(video: Video): void {
    this.#here.set(video.id, video);
    if (this.#here.size <= mostKnown) return;
    const oldest = [...this.#here.values()].find((v) => v.completed !== undefined);
    if (oldest !== undefined) this.#here.delete(oldest.id);
  }

  #now(): number {
    return Math.floor(this.#house.clock.now() / 1000);
  }
}

/** As it is kept. */
function jobOf({ id, owner, prompt: _, abort: __, artifacts, ...state }: Video): Job {
  return { id, owner, state: { ...state, artifacts: artifacts.map(({ id, mediaType }) => ({ id, mediaType })) } };
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
  prompt: v.prompt ?? null,
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
