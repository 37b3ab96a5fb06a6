import { type Chunk, type Engine, InksealError, type Plan, type Task } from "@inkseal/core";
import { usageOf, type WireUsage } from "./chat-wire.ts";
import { modelList } from "./model-list.ts";
import { chatBody, completionBody, embeddingBody, imageBody, moderationBody, speechBody } from "./openai-body.ts";
import { imageForm, pictures, sound, transcription, transcriptionForm } from "./openai-media.ts";
import { type Body, Remote, type RemoteOptions } from "./openai-remote.ts";
import { responses } from "./openai-responses.ts";
import { words } from "./openai-words.ts";

export interface OpenaiOptions extends RemoteOptions {
  readonly place: Engine["place"];
  readonly tasks?: readonly Task[];
  /** Asks for usage in streams also where the caller does not; true. A provider that refuses is not asked again. */
  readonly usageInStream?: boolean;
  /** Has `/responses`; false: such briefs are converted to chat. */
  readonly responses?: boolean;
  /** What it calls the most tokens to write, in chat; `max_tokens`. */
  readonly maxTokensName?: string;
}

const everything: readonly Task[] = [
  "chat",
  "completion",
  "infill",
  "embedding",
  "image",
  "image-edit",
  "speech",
  "transcription",
  "moderation",
];
type Batch = readonly Chunk[];

/**
 * Any server that speaks OpenAI's HTTP API. Parameters that came in the same dialect go out as they came; answers carry
 * the provider's own events in `wire`, so that unknown members pass unharmed both ways.
 * Throws `upstream-*`, `cancelled`; see `upstream-error.ts` and `transport.ts`.
 */
export function openaiEngine(options: OpenaiOptions): Engine {
  const { name, place, tasks = everything } = options;
  const remote = new Remote(options);
  return {
    name,
    place,
    tasks,
    models: modelList(() => remote.models(tasks)),
    generate: (plan, signal) => generate(remote, plan, signal, options),
  };
}

function generate(remote: Remote, plan: Plan, signal: AbortSignal, options: OpenaiOptions): AsyncIterable<Batch> {
  const { brief, model } = plan;
  const { usageInStream = true } = options;
  const came = brief.wire?.dialect;
  switch (brief.task) {
    case "chat":
      if (came === "openai.responses" && options.responses) return responses(remote, brief, model, signal);
      return words(
        remote,
        "/chat/completions",
        chatBody(brief, model, options.maxTokensName),
        came === "openai.chat",
        signal,
        usageInStream,
      );
    case "completion":
    case "infill":
      return words(remote, "/completions", completionBody(brief, model), came === "openai.completions", signal, usageInStream);
    case "embedding":
      return embeddings(remote, embeddingBody(brief, model), came === "openai.embeddings", signal);
    case "moderation":
      return moderation(remote, moderationBody(brief, model), came === "openai.moderations", signal);
    case "image":
      return pictures(remote, "/images/generations", imageBody(brief, model), signal);
    case "image-edit":
      return pictures(remote, "/images/edits", imageForm(plan), signal);
    case "speech":
      return sound(remote, speechBody(brief, model), signal);
    case "transcription":
      return transcription(remote, transcriptionForm(plan), signal);
    default:
      throw new InksealError("cannot-do", `${remote.name} cannot do ${brief.task}`);
  }
}

async function* embeddings(remote: Remote, body: Body, forward: boolean, signal: AbortSignal): AsyncGenerator<Batch> {
  const wire = await remote.json("/embeddings", body, signal);
  const { data, usage } = (wire.json ?? {}) as { data?: readonly { index?: number; embedding: unknown }[]; usage?: WireUsage };
  if (!Array.isArray(data) || data.length === 0)
    throw new InksealError("upstream-invalid", `${remote.name} answered no vectors`);
  yield data.map(({ index, embedding }: { index?: number; embedding: unknown }, i): Chunk => {
    const vector = typeof embedding === "string" ? floatsOf(embedding) : embedding;
    if (!Array.isArray(vector))
      throw new InksealError("upstream-invalid", `${remote.name} answered something else for a vector`);
    return {
      index: index ?? i,
      vector,
      finish: "stop",
      usage: i === 0 && usage ? usageOf(usage) : undefined,
      wire: forward ? wire : undefined,
    };
  });
}

/** Little-endian float32. */
function floatsOf(base64: string): number[] {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  return Array.from(new Float32Array(bytes.buffer, 0, Math.floor(bytes.length / 4)));
}

async function* moderation(remote: Remote, body: Body, forward: boolean, signal: AbortSignal): AsyncGenerator<Batch> {
  const wire = await remote.json("/moderations", body, signal);
  if (!Array.isArray((wire.json as { results?: unknown } | null)?.results))
    throw new InksealError("upstream-invalid", `${remote.name} answered no results`);
  yield [{ index: 0, json: wire.json, finish: "stop", wire: forward ? wire : undefined }];
}
