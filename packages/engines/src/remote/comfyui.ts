import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Chunk, type Engine, InksealError, type InputFile, type ModelInfo, type Plan } from "@inkseal/core";
import { FormData } from "undici";
import { parseJson } from "./chat-wire.ts";
import { builtInWorkflow, filledWorkflow, type Uploaded } from "./comfyui-workflow.ts";
import { cancelled } from "./exchange.ts";
import { modelList } from "./model-list.ts";
import type { NativeOptions } from "./native-options.ts";
import { Remote } from "./openai-remote.ts";
import { hasAlpha, type PictureWishes, pictureOf, pictureWishes } from "./picture-wishes.ts";

/** Milliseconds between two looks at a picture that is being painted: soon at first, for toys and turbos. */
const looks = [100, 200, 400, 800];
/** What a look may find missing before the run counts as lost: the server was restarted, or its history emptied. */
const lostLooks = 5;

/**
 * ComfyUI over HTTP: a built-in workflow for any checkpoint, or the caller's own in the parameter `workflow` (API format,
 * placeholders in `comfyui-workflow.ts`). A model is a checkpoint's file name.
 * @see https://docs.comfy.org/development/comfyui-server/comms_routes
 */
export function comfyuiEngine(options: NativeOptions): Engine {
  const remote = new Remote(options);
  return {
    name: options.name,
    place: options.place,
    tasks: ["image", "image-edit"],
    models: modelList(() => checkpoints(remote)),
    generate: (plan, signal) => generate(remote, plan, signal),
  };
}

async function get(remote: Remote, path: string, signal?: AbortSignal, idleMs = 10_000): Promise<unknown> {
  return parseJson(await (await remote.call("GET", path, undefined, signal, idleMs)).text());
}

async function checkpoints(remote: Remote): Promise<readonly ModelInfo[]> {
  const info = (await get(remote, "/object_info/CheckpointLoaderSimple")) as {
    CheckpointLoaderSimple?: { input?: { required?: { ckpt_name?: readonly unknown[] } } };
  } | null;
  const [type, more] = info?.CheckpointLoaderSimple?.input?.required?.ckpt_name ?? [];
  // once a list of names, nowadays the word COMBO and the list in its options
  const names = Array.isArray(type) ? type : ((more as { options?: unknown } | undefined)?.options ?? []);
  if (!Array.isArray(names)) throw new InksealError("upstream-invalid", `${remote.name} answered no list of checkpoints`);
  return names
    .filter((n): n is string => typeof n === "string")
    .map((id) => ({ id, tasks: ["image", "image-edit"], formats: ["image/png"] }));
}

interface Queued {
  readonly prompt_id?: unknown;
  readonly node_errors?: Readonly<
    Record<string, { class_type?: string; errors?: readonly { message?: string; details?: string }[] }>
  >;
}

async function* generate(remote: Remote, plan: Plan, signal: AbortSignal): AsyncGenerator<readonly Chunk[]> {
  const { task } = plan.brief;
  if (task !== "image" && task !== "image-edit") throw new InksealError("cannot-do", `${remote.name} cannot do ${task}`);
  if (signal.aborted) throw cancelled(signal);
  const wishes = pictureWishes(plan);
  const files = await upload(remote, wishes, signal);
  const own = wishes.extra.workflow;
  const prompt =
    own === undefined ? builtInWorkflow(plan.model, wishes, files) : filledWorkflow(own, plan.model, wishes, files);
  const id = await queue(remote, prompt, signal);
  let done = false;
  try {
    for (let look = 0, missing = 0, told = -1; ; look++) {
      await sleep(looks[Math.min(look, looks.length - 1)], undefined, { signal }).catch(() => {
        throw cancelled(signal);
      });
      const entry = ((await get(remote, `/history/${id}`, signal)) as Record<string, History> | null)?.[id];
      if (entry !== undefined) {
        done = true;
        yield await picturesOf(remote, entry, wishes, signal);
        return;
      }
      const place = await placeInQueue(remote, id, signal);
      missing = place === undefined ? missing + 1 : 0;
      if (missing >= lostLooks)
        throw new InksealError("upstream-invalid", `${remote.name} lost the picture that it was painting`);
      if (place === undefined || place === told) continue;
      told = place;
      yield [{ index: 0, progress: { note: place === 0 ? "painting" : `${place} before this one` } }];
    }
  } finally {
    if (!done) void stop(remote, id);
  }
}

async function upload(remote: Remote, { picture, mask }: PictureWishes, signal: AbortSignal): Promise<Uploaded> {
  const send = async (file: InputFile): Promise<string> => {
    const form = new FormData();
    const extension = file.mediaType.split("/")[1] ?? "png";
    form.append(
      "image",
      new Blob([Uint8Array.from(file.bytes)], { type: file.mediaType }),
      `inkseal-${randomUUID()}.${extension}`,
    );
    form.append("type", "temp");
    const { json } = await remote.json("/upload/image", form, signal);
    const { name, subfolder = "", type = "temp" } = (json ?? {}) as { name?: unknown; subfolder?: string; type?: string };
    if (typeof name !== "string")
      throw new InksealError("upstream-invalid", `${remote.name} did not say where it put the picture`);
    return `${subfolder === "" ? "" : `${subfolder}/`}${name} [${type}]`;
  };
  return {
    ...(picture && { picture: await send(picture) }),
    ...(mask && { mask: { name: await send(mask), alpha: hasAlpha(mask) } }),
  };
}

async function queue(remote: Remote, prompt: unknown, signal: AbortSignal): Promise<string> {
  const refused = (answer: Queued | null): void => {
    const [node, { class_type = "", errors = [] } = {}] = Object.entries(answer?.node_errors ?? {})[0] ?? [];
    if (node === undefined) return;
    const why = errors.map((e) => [e.message, e.details].filter(Boolean).join(": ")).join("; ");
    throw new InksealError("upstream-rejected", `${remote.name} cannot run node ${node} (${class_type}): ${why}`.slice(0, 600));
  };
  const answer = await remote.json("/prompt", { prompt, client_id: randomUUID() }, signal).catch((error: unknown) => {
    if (InksealError.is(error)) refused((error.details.upstream?.body ?? null) as Queued | null);
    throw error;
  });
  const queued = answer.json as Queued | null;
  refused(queued);
  if (typeof queued?.prompt_id !== "string" || !/^[\w-]+$/.test(queued.prompt_id))
    throw new InksealError("upstream-invalid", `${remote.name} gave the picture no number`);
  return queued.prompt_id;
}

interface History {
  readonly outputs?: Readonly<Record<string, { images?: readonly { filename?: string; subfolder?: string; type?: string }[] }>>;
  readonly status?: { readonly status_str?: string; readonly messages?: readonly (readonly [string, unknown])[] };
}

async function picturesOf(
  remote: Remote,
  { outputs = {}, status }: History,
  { seed }: PictureWishes,
  signal: AbortSignal,
): Promise<readonly Chunk[]> {
  if (status?.status_str === "error") {
    const [, why] = status.messages?.find(([type]) => type === "execution_error") ?? [];
    const { node_type = "", exception_message = "no reason given" } = (why ?? {}) as Record<string, string>;
    throw new InksealError("upstream-error", `${remote.name} failed in ${node_type}: ${exception_message}`.slice(0, 600));
  }
  const images = Object.values(outputs).flatMap((o) => o.images ?? []);
  // what a workflow saves counts; previews only where it saves nothing
  const saved = images.filter((i) => i.type === "output");
  const chunks: Chunk[] = [];
  for (const [index, { filename = "", subfolder = "", type = "output" }] of (saved.length > 0 ? saved : images).entries()) {
    const query = new URLSearchParams({ filename, subfolder, type });
    const { body } = await remote.call("GET", `/view?${query}`, undefined, signal);
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part);
    const media = pictureOf(remote.name, new Uint8Array(Buffer.concat(parts)));
    chunks.push({ index, media, json: { seed }, finish: "stop", ...(index === 0 && { usage: { images: images.length } }) });
  }
  if (chunks.length === 0)
    throw new InksealError("upstream-invalid", `${remote.name} made no pictures: the workflow saves none`);
  return chunks;
}

type Queue = Readonly<Record<"queue_running" | "queue_pending", readonly (readonly [number, string])[] | undefined>>;

/** 0 while it is being painted, 1 for the next one; undefined when it is not in the queue. */
async function placeInQueue(remote: Remote, id: string, signal?: AbortSignal): Promise<number | undefined> {
  const { queue_running: running = [], queue_pending: pending = [] } = ((await get(remote, "/queue", signal)) ?? {}) as Queue;
  if (running.some(([, other]) => other === id)) return 0;
  const mine = pending.find(([, other]) => other === id);
  return mine && running.length + pending.filter(([number]) => number < mine[0]).length;
}

/** Takes ours out of the queue, or stops it where it is the one being painted: `/interrupt` knows no owner. */
async function stop(remote: Remote, id: string): Promise<void> {
  try {
    await remote.call("POST", "/queue", { delete: [id] }, undefined, 5_000);
    if ((await placeInQueue(remote, id)) === 0) await remote.call("POST", "/interrupt", { prompt_id: id }, undefined, 5_000);
  } catch {
    // it is gone, or will paint for nobody
  }
}
