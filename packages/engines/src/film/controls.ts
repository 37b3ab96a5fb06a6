import { controlsSchema } from "@inkseal/creators";
import { z } from "zod";

/** Controls that films have beside the common ones (`size`, `format`, `voice`, `speed`, `pitch`, `language`, `style`, `seed`). */
export const FilmControls = z.strictObject({
  title: z.string().max(80).optional().describe("On the title card; the text's own title without | 片名；不填则用原文的标题"),
  author: z.string().max(80).optional().describe("Under the title | 作者"),
  captions: z.enum(["burnt", "none"]).default("burnt").describe("Captions in the picture | 画面里的字幕"),
  subtitles: z.enum(["vtt", "srt", "none"]).default("vtt").describe("Captions as a second file | 另存字幕文件"),
  narration: z.boolean().default(true).describe("Say the words | 朗读"),
  music: z
    .union([z.boolean(), z.string().max(200)])
    .default(true)
    .describe("A bed of music; words say which | 配乐；可写想要的情绪"),
  camera: z.enum(["auto", "still", "zoom", "pan"]).default("auto").describe("How pictures move | 镜头运动"),
  pictures: z
    .enum(["ink", "drawn"])
    .default("ink")
    .describe(
      "Where no picture of yours stands: ink-wash grounds, or drawn by the picture creator | 没有自带图片时：水墨背景，或由绘画模型来画",
    ),
  fps: z
    .union([z.literal(24), z.literal(25), z.literal(30)])
    .default(25)
    .describe("Frames a second | 帧率"),
  pause: z.number().min(0).max(5).default(0.6).describe("Seconds of rest after each scene | 每个场景后停顿（秒）"),
});
export type FilmControls = z.output<typeof FilmControls>;
export const filmControlsSchema = controlsSchema(FilmControls);

export interface FrameSize {
  readonly width: number;
  readonly height: number;
}
/** The sizes that `auto` and the common ratios mean. */
export const usualSize: FrameSize = { width: 1280, height: 720 };
const smallest = 128;
const mostPixels = 1920 * 1080;

/** `1280x720`, `auto`. Undefined for what is too small, too large, or odd. */
export function sizeOf(size: string | undefined): FrameSize | undefined {
  if (size === undefined || size === "auto") return usualSize;
  const [width = 0, height = 0] = size.split("x").map(Number);
  const fits = Math.min(width, height) >= smallest && width * height <= mostPixels && width % 2 === 0 && height % 2 === 0;
  return fits ? { width, height } : undefined;
}
