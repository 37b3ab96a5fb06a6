import { randomInt } from "node:crypto";
import { type Brief, InksealError, type InputFile, type MediaPart, type Plan, sniff } from "@inkseal/core";

/** What a diffusion server needs to know of a brief, whichever dialect it came in. */
export interface PictureWishes {
  readonly prompt: string;
  readonly negative: string;
  /** Pixels, multiples of 8; undefined leaves the size to the server. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  readonly seed: number;
  readonly n: number;
  readonly steps: number | undefined;
  readonly guidance: number | undefined;
  /** How far a picture may be changed, 0 to 1. */
  readonly strength: number | undefined;
  readonly picture: InputFile | undefined;
  readonly mask: InputFile | undefined;
  /** The caller's own parameters that are nobody's else: the server's own. */
  readonly extra: Readonly<Record<string, unknown>>;
}

const openaiNames = new Set(
  "model prompt n size quality response_format output_format style user stream background moderation output_compression partial_images input_fidelity negative_prompt seed steps guidance strength".split(
    " ",
  ),
);

/** Throws `bad-request` for a number that is none and for an edit without a picture. */
export function pictureWishes({ brief, seed }: Plan): PictureWishes {
  const c = brief.controls;
  const own = pictureParams(brief);
  const number = (name: string): number | undefined => {
    const value = own[name];
    if (value === undefined || value === null || value === "") return undefined;
    if (!Number.isFinite(Number(value))) throw new InksealError("bad-request", `${name}: not a number`, { param: name });
    return Number(value);
  };
  const picture = brief.files.find((f) => f.role !== "mask");
  if (brief.task === "image-edit" && picture === undefined)
    throw new InksealError("bad-request", "image: there is no picture to edit", { param: "image" });
  return {
    prompt: [brief.text, c.style].filter(Boolean).join(", "),
    negative: c.negative ?? (typeof own.negative_prompt === "string" ? own.negative_prompt : ""),
    size: sizeOf(c.size ?? (typeof own.size === "string" ? own.size : undefined)),
    seed: seed ?? number("seed") ?? randomInt(2 ** 32),
    n: c.n ?? number("n") ?? 1,
    steps: c.steps ?? number("steps"),
    guidance: c.guidance ?? number("guidance"),
    strength: number("strength") ?? number("denoising_strength"),
    picture,
    mask: brief.files.find((f) => f.role === "mask"),
    extra: Object.fromEntries(Object.entries(own).filter(([name]) => !openaiNames.has(name))),
  };
}

function pictureParams(brief: Brief): Readonly<Record<string, unknown>> {
  const { dialect, params } = brief.wire ?? {};
  return dialect === "openai.images" || dialect === "openai.image-edits" ? (params ?? {}) : {};
}

/** `WIDTHxHEIGHT`, to the nearest multiples of 8: the latent grid. */
function sizeOf(size: string | undefined): PictureWishes["size"] {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(size ?? "") ?? [];
  if (width === undefined || height === undefined) return undefined;
  const grid = (pixels: string): number => Math.min(8192, Math.max(64, Math.round(Number(pixels) / 8) * 8));
  return { width: grid(width), height: grid(height) };
}

/** Whether a mask says by transparency what to change, as OpenAI's do (PNG colour types 4 and 6); otherwise white says it. */
export const hasAlpha = ({ mediaType, bytes }: InputFile): boolean =>
  mediaType === "image/png" && bytes.length > 25 && ((bytes[25] as number) & 4) !== 0;

/** A picture as it came from a server. Throws `upstream-invalid` for what is none. */
export function pictureOf(engine: string, bytes: Uint8Array): MediaPart {
  const mediaType = sniff(bytes);
  if (!mediaType.startsWith("image/"))
    throw new InksealError("upstream-invalid", `${engine} answered ${mediaType} for a picture`);
  return { mediaType, bytes, last: true };
}
