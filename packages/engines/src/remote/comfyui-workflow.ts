import { InksealError } from "@inkseal/core";
import type { PictureWishes } from "./picture-wishes.ts";

/** ComfyUI's API format: node id → class and inputs; an input is a value or [node, output]. */
export type Workflow = Readonly<
  Record<string, { readonly class_type: string; readonly inputs: Readonly<Record<string, unknown>> }>
>;

/** Names that the server gave to files of ours. */
export interface Uploaded {
  readonly picture?: string;
  readonly mask?: { readonly name: string; readonly alpha: boolean };
}

/** Newer families were trained at a megapixel, Stable Diffusion 1 and 2 at a quarter of it. */
const usualSize = (checkpoint: string): number => (/xl|sd3|flux|pony|illustrious/i.test(checkpoint) ? 1024 : 512);

/** Words to picture, picture to picture, or the masked part anew: the graph of ComfyUI's own examples. */
export function builtInWorkflow(checkpoint: string, w: PictureWishes, files: Uploaded): Workflow {
  const side = usualSize(checkpoint);
  const node = (class_type: string, inputs: Record<string, unknown>): Workflow[string] => ({ class_type, inputs });
  const repeated = { samples: ["encoded", 0], amount: w.n };
  return {
    model: node("CheckpointLoaderSimple", { ckpt_name: checkpoint }),
    positive: node("CLIPTextEncode", { text: w.prompt, clip: ["model", 1] }),
    negative: node("CLIPTextEncode", { text: w.negative, clip: ["model", 1] }),
    ...(files.picture === undefined
      ? {
          latent: node("EmptyLatentImage", {
            width: w.size?.width ?? side,
            height: w.size?.height ?? side,
            batch_size: w.n,
          }),
        }
      : {
          picture: node("LoadImage", { image: files.picture }),
          encoded: node("VAEEncode", { pixels: ["picture", 0], vae: ["model", 2] }),
          ...(files.mask === undefined
            ? { latent: node("RepeatLatentBatch", repeated) }
            : {
                repeated: node("RepeatLatentBatch", repeated),
                mask: node("LoadImageMask", { image: files.mask.name, channel: files.mask.alpha ? "alpha" : "red" }),
                latent: node("SetLatentNoiseMask", { samples: ["repeated", 0], mask: ["mask", 0] }),
              }),
        }),
    sampled: node("KSampler", {
      model: ["model", 0],
      positive: ["positive", 0],
      negative: ["negative", 0],
      latent_image: ["latent", 0],
      seed: w.seed,
      steps: w.steps ?? 20,
      cfg: w.guidance ?? 7,
      sampler_name: "euler",
      scheduler: "normal",
      denoise: files.picture === undefined ? 1 : (w.strength ?? (files.mask === undefined ? 0.75 : 1)),
    }),
    decoded: node("VAEDecode", { samples: ["sampled", 0], vae: ["model", 2] }),
    out: node("PreviewImage", { images: ["decoded", 0] }), // in the server's temporary folder: the piece is kept here
  };
}

/**
 * A workflow of the user's own with its placeholders filled in: `{{prompt}}`, `{{negative}}`, `{{seed}}`, `{{width}}`,
 * `{{height}}`, `{{steps}}`, `{{guidance}}`, `{{n}}`, `{{strength}}`, `{{checkpoint}}`, `{{picture}}`, `{{mask}}`. A string that is
 * one placeholder becomes its value, number or text; in a longer one it is put in as text. Values never become structure.
 * Throws `bad-request` for a workflow in another format and for a placeholder that has no value.
 */
export function filledWorkflow(workflow: unknown, checkpoint: string, w: PictureWishes, files: Uploaded): Workflow {
  const nodes = Object.values((workflow ?? {}) as object);
  if (nodes.length === 0 || !nodes.every((n) => typeof n?.class_type === "string" && typeof n.inputs === "object"))
    throw new InksealError("bad-request", "workflow: not in ComfyUI's API format (in its menu: Export (API))", {
      param: "workflow",
    });
  const side = usualSize(checkpoint);
  const values: Readonly<Record<string, string | number | undefined>> = {
    prompt: w.prompt,
    negative: w.negative,
    seed: w.seed,
    width: w.size?.width ?? side,
    height: w.size?.height ?? side,
    steps: w.steps ?? 20,
    guidance: w.guidance ?? 7,
    n: w.n,
    strength: w.strength ?? 0.75,
    checkpoint,
    picture: files.picture,
    mask: files.mask?.name,
  };
  const filling = (name: string): string | number => {
    const value = values[name];
    if (value === undefined)
      throw new InksealError("bad-request", `workflow: there is no value for {{${name}}}`, { param: "workflow" });
    return value;
  };
  const fill = (value: unknown): unknown => {
    if (typeof value === "string") {
      const whole = /^\{\{(\w+)\}\}$/.exec(value)?.[1];
      return whole === undefined ? value.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(filling(name))) : filling(whole);
    }
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, fill(v)]));
    return value;
  };
  return fill(workflow) as Workflow;
}
