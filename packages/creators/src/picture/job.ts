import { type Brief, InksealError } from "@inkseal/core";
import { wordsOf } from "../words-of.ts";
import { colourWords } from "./colours.ts";
import { type PictureControls, styles } from "./controls.ts";

export type PictureFormat = "image/png" | "image/jpeg" | "image/webp";
/** What is to be painted: plain data. */
export interface PictureJob {
  readonly text: string;
  readonly negative: string;
  readonly style: (typeof styles)[number];
  readonly seed: number;
  readonly n: number;
  readonly steps: number;
  readonly guidance: number;
  readonly temperature: number;
  readonly candidates: number;
  readonly width: number;
  readonly height: number;
  readonly format: PictureFormat;
  /** Hex, without #. */
  readonly palette?: readonly string[];
  readonly background?: string;
  readonly from?: { readonly picture: JobFile; readonly mask?: JobFile; readonly strength: number };
}
interface JobFile {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}
export const canDo =
  "inkseal-picture draws one thing in the manner of emoji art (an animal, a fruit, a face, a tool …), from a few words in English or Chinese";
const elsewhere = "a large diffusion model can: add a provider of images (openai, or a local server that speaks its API)";

/** What it cannot draw, in the words people ask for it with. */
const unfit: readonly (readonly [RegExp, string])[] = [
  [/photo-?realis|\bphoto(graph)?s? of\b|\brealistic\b|照片|写实|摄影|真人/i, "photographs"],
  [/\bportraits? of\b|肖像|人像/i, "portraits of persons"],
  [/\b(that|which) (says|reads)\b|\bwith the (text|words|caption)\b|写着|上面有字|文字是/i, "pictures with writing"],
];
/** Quality by OpenAI's words: steps and candidates. */
const qualities: Readonly<Record<string, readonly [number, number]>> = {
  low: [12, 1],
  medium: [20, 4],
  standard: [20, 4],
  auto: [20, 4],
  high: [28, 8],
  hd: [28, 8],
};
const formats: Readonly<Record<string, PictureFormat>> = {
  png: "image/png",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  webp: "image/webp",
};
const largest = 2048;

export function pictureJob(brief: Brief, own: PictureControls, seed: number): PictureJob {
  const { controls } = brief;
  const said = wordsOf(brief);
  for (const [pattern, what] of unfit)
    if (pattern.test(said))
      throw new InksealError("cannot-do", `inkseal-picture does not make ${what}: ${canDo}; ${elsewhere}`);
  const quality = qualities[controls.quality ?? "auto"];
  if (quality === undefined)
    throw new InksealError("bad-request", `quality is low, medium or high, not ${controls.quality}`, {
      param: "controls.quality",
    });
  const [steps, candidates] = quality;
  const { style, text } = styleOf(said, own.style ?? controls.style);
  const start = startOf(brief, own);
  if (text.trim() === "" && own.colour === undefined && start === undefined)
    throw new InksealError("bad-request", `text is empty: say what to draw; ${canDo}`, { param: "text" });
  return {
    text: own.colour === undefined ? text : `${colourWords[own.colour][/\p{Script=Han}/u.test(text) ? 1 : 0]} ${text}`,
    negative: controls.negative ?? "",
    style,
    seed,
    n: controls.n ?? 1,
    steps: Math.min(100, controls.steps ?? steps),
    guidance: Math.min(12, controls.guidance ?? 4),
    temperature: Math.min(1, controls.temperature ?? 0.7),
    candidates: own.candidates ?? candidates,
    ...sizeOf(controls.size),
    format: formatOf(controls.format),
    ...(own.palette && { palette: own.palette.map(bare) }),
    ...(own.background !== undefined && own.background !== "transparent" && { background: bare(own.background) }),
    ...(start && { from: start }),
  };
}
const bare = (colour: string): string => colour.replace("#", "").toLowerCase();
/** The style that is asked for by a control, else by the words, which are then without it. */
function styleOf(said: string, wished: string | undefined): { style: PictureJob["style"]; text: string } {
  const known = styles.find((s) => s === wished?.toLowerCase());
  if (wished !== undefined && known === undefined)
    throw new InksealError("bad-request", `style is one of ${styles.join(", ")}, not ${wished}`, { param: "controls.style" });
  const found = said.match(/\b(noto|twemoji|fluent|fx|blob)\b/i);
  const text = found === null ? said : said.replace(found[0], " ");
  return { style: known ?? (found?.[1]?.toLowerCase() as PictureJob["style"] | undefined) ?? "fluent", text };
}
function sizeOf(size = "auto"): { width: number; height: number } {
  const [width, height] = size === "auto" ? [1024, 1024] : (size.split("x").map(Number) as [number, number]);
  if (Math.min(width, height) < 16 || Math.max(width, height) > largest)
    throw new InksealError("bad-request", `size ${size} is not from 16x16 to ${largest}x${largest}`, {
      param: "controls.size",
    });
  return { width, height };
}
function formatOf(format = "png"): PictureFormat {
  const found = formats[format.toLowerCase().replace("image/", "")];
  if (found === undefined)
    throw new InksealError("cannot-do", `inkseal-picture writes png, jpeg and webp, not ${format}`, {
      param: "controls.format",
    });
  return found;
}
function startOf({ task, files }: Brief, { strength = 0.6 }: PictureControls): PictureJob["from"] {
  if (task !== "image-edit") return undefined;
  const mask = files.find((f) => f.role === "mask");
  const picture = files.find((f) => f !== mask && f.mediaType.startsWith("image/"));
  if (picture === undefined)
    throw new InksealError("bad-request", "there is no picture to begin from: send one (PNG, JPEG, WebP or AVIF)", {
      param: "files",
    });
  const plain = ({ bytes, mediaType }: JobFile): JobFile => ({ bytes, mediaType });
  return { picture: plain(picture), ...(mask && { mask: plain(mask) }), strength };
}
