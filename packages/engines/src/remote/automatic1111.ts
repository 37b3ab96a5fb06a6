import { type Chunk, type Engine, InksealError, type ModelInfo, type Plan } from "@inkseal/core";
import { parseJson } from "./chat-wire.ts";
import { modelList } from "./model-list.ts";
import type { NativeOptions } from "./native-options.ts";
import { Remote } from "./openai-remote.ts";
import { hasAlpha, pictureOf, pictureWishes } from "./picture-wishes.ts";
import { whileWaiting } from "./while-waiting.ts";

const lookMs = 500;
/** It says nothing until the picture is whole, which takes a processor minutes. */
const slowestMs = 600_000;

/**
 * Stable Diffusion web UI (AUTOMATIC1111) and what speaks its API: Forge, reForge, SD.Next. Start it with `--api`;
 * `apiKey` is `USER:PASSWORD` of its `--api-auth`. Parameters that are not OpenAI's go to it as they came
 * (`sampler_name`, `enable_hr`, `alwayson_scripts` …).
 * @see https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/API
 */
export function automatic1111Engine(options: NativeOptions): Engine {
  const { name, place, apiKey, headers } = options;
  const remote = new Remote({
    ...options,
    apiKey: undefined,
    idleMs: options.idleMs ?? slowestMs,
    headers: { ...(apiKey && { authorization: `Basic ${Buffer.from(apiKey).toString("base64")}` }), ...headers },
  });
  return {
    name,
    place,
    tasks: ["image", "image-edit"],
    models: modelList(() => checkpoints(remote)),
    generate: (plan, signal) => generate(remote, plan, signal),
  };
}

async function checkpoints(remote: Remote): Promise<readonly ModelInfo[]> {
  const list = parseJson(await (await remote.call("GET", "/sdapi/v1/sd-models", undefined, undefined, 10_000)).text());
  if (!Array.isArray(list)) throw new InksealError("upstream-invalid", `${remote.name} answered no list of models`);
  return (list as { model_name?: unknown }[])
    .filter((m): m is { model_name: string } => typeof m?.model_name === "string")
    .map(({ model_name }) => ({ id: model_name, tasks: ["image", "image-edit"], formats: ["image/png"] }));
}

async function* generate(remote: Remote, plan: Plan, signal: AbortSignal): AsyncGenerator<readonly Chunk[]> {
  const { task } = plan.brief;
  if (task !== "image" && task !== "image-edit") throw new InksealError("cannot-do", `${remote.name} cannot do ${task}`);
  const path = task === "image" ? "/sdapi/v1/txt2img" : "/sdapi/v1/img2img";
  const left = new AbortController(); // the answer of a run whose reader has gone is waited for by nobody
  const working = remote.json(path, bodyOf(plan), AbortSignal.any([signal, left.signal]));
  working.catch(() => undefined); // awaited below
  // it goes on painting for nobody unless it is told, and only the one that paints ours may be told
  const stop = (): void => void remote.call("POST", "/sdapi/v1/interrupt", {}, undefined, 5_000).catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  let done = false;
  try {
    const waiting = whileWaiting(working, lookMs, () => progress(remote));
    let step = await waiting.next();
    for (; !step.done; step = await waiting.next()) yield [{ index: 0, progress: step.value }];
    done = true;
    yield picturesOf(remote.name, step.value.json);
  } catch (error) {
    done = true;
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    if (!done) {
      left.abort();
      stop();
    }
  }
}

function picturesOf(name: string, json: unknown): readonly Chunk[] {
  const { images, info } = (json ?? {}) as { images?: unknown; info?: unknown };
  if (!Array.isArray(images) || images.length === 0) throw new InksealError("upstream-invalid", `${name} answered no pictures`);
  const seeds = seedsOf(info);
  // a grid of all comes first where it is not told otherwise; ControlNet adds its maps behind
  const own = images.slice(0, Math.max(1, seeds.length));
  return own.map((base64, index) => ({
    index,
    media: pictureOf(name, new Uint8Array(Buffer.from(String(base64).replace(/^data:[^,]*,/, ""), "base64"))),
    ...(seeds[index] !== undefined && { json: { seed: seeds[index] } }),
    finish: "stop",
    ...(index === 0 && { usage: { images: own.length } }),
  }));
}

function seedsOf(info: unknown): readonly number[] {
  try {
    const { all_seeds } = JSON.parse(String(info)) as { all_seeds?: unknown };
    return Array.isArray(all_seeds) ? all_seeds.filter((s): s is number => typeof s === "number") : [];
  } catch {
    return [];
  }
}

async function progress(remote: Remote): Promise<{ fraction: number } | undefined> {
  try {
    const path = "/sdapi/v1/progress?skip_current_image=true";
    const { progress: fraction } = parseJson(await (await remote.call("GET", path, undefined, undefined, 5_000)).text()) as {
      progress?: unknown;
    };
    return typeof fraction === "number" && fraction >= 0 && fraction <= 1 ? { fraction } : undefined;
  } catch {
    return undefined; // the picture itself will tell
  }
}

function bodyOf(plan: Plan): Record<string, unknown> {
  const w = pictureWishes(plan);
  const base64 = ({ bytes }: { bytes: Uint8Array }): string => Buffer.from(bytes).toString("base64");
  return {
    ...w.extra,
    prompt: w.prompt,
    negative_prompt: w.negative,
    seed: w.seed,
    batch_size: w.n,
    do_not_save_grid: true,
    do_not_save_samples: true,
    send_images: true,
    save_images: false,
    ...(w.size && w.size),
    ...(w.steps !== undefined && { steps: w.steps }),
    ...(w.guidance !== undefined && { cfg_scale: w.guidance }),
    ...(plan.model !== plan.engine.name && {
      override_settings: { ...(w.extra.override_settings as object | undefined), sd_model_checkpoint: plan.model },
      override_settings_restore_afterwards: true,
    }),
    ...(w.picture && plan.brief.task === "image-edit" && { init_images: [base64(w.picture)] }),
    ...(w.picture && w.strength !== undefined && { denoising_strength: w.strength }),
    ...(w.mask && {
      mask: base64(w.mask),
      inpainting_mask_invert: hasAlpha(w.mask) ? 1 : 0, // it reads what is opaque as the part to change
      denoising_strength: w.strength ?? 1,
    }),
  };
}
