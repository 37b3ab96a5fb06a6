import type { Plan } from "@inkseal/core";
import { controlsSchema, ownControls } from "@inkseal/creators";
import { z } from "zod";

const seconds = z.number().min(0).max(10);

/** Controls that the embedded voices have beside the common ones. */
export const SpeechControls = z.strictObject({
  captions: z
    .enum(["vtt", "srt", "json"])
    .optional()
    .describe("Captions of the words as they are said: a second file, or as data | 字幕：另存一个文件，或作为数据"),
  loudness: z
    .union([z.number().min(-40).max(-8), z.literal("off")])
    .default(-16)
    .describe("Integrated loudness in LUFS (ITU-R BS.1770), peaks under -1 dBTP; off leaves it | 响度（LUFS），off 为不调整"),
  sentencePause: seconds.optional().describe("Seconds between sentences; the voice's own without | 句间停顿（秒）"),
  paragraphPause: seconds.optional().describe("Seconds between paragraphs | 段间停顿（秒）"),
  lexicon: z
    .record(z.string().min(1).max(100), z.string().min(1).max(200))
    .optional()
    .describe(
      'How to say words: {"重庆": "chong2 qing4", "GIF": "/dʒɪf/", "SQL": "sequel"} | 读音表：拼音、/国际音标/、[[eSpeak 音素]] 或换个词读',
    ),
});
export type SpeechControls = z.output<typeof SpeechControls>;
export const speechControlsSchema = controlsSchema(SpeechControls);

export const speechControlsOf = (plan: Pick<Plan, "brief" | "model">): SpeechControls => ownControls(SpeechControls, plan);
