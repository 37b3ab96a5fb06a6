import type { Creator } from "../creator.ts";
import { controlsSchema } from "../own-controls.ts";
import { VerseControls } from "./controls.ts";
import { verseCutter } from "./cutter.ts";
import type { VerseJob } from "./job.ts";
import { verseJob } from "./job-of.ts";
import { openVerse } from "./maker.ts";

/** Classical Chinese verse whose form, tones and rhymes hold by construction. */
export const verse: Creator<VerseJob> = {
  name: "verse",
  tasks: ["chat", "completion"],
  models: [
    {
      id: "inkseal-verse",
      tasks: ["chat", "completion"],
      narrow: true,
      logits: true,
      controls: controlsSchema(VerseControls),
      languages: ["zh", "lzh"],
      formats: ["text/plain"],
      licence: "Apache-2.0; trained on chinese-poetry (MIT), rhyme books by Charles 闵 (MIT)",
      note: "Classical Chinese verse in strict form (绝句, 律诗, 词, 对联): tones, rhyme and acrostic always hold. A small model: fine images, thin thought · 格律必合，意思尚浅",
    },
  ],
  ignores: [
    "topK",
    "minP",
    "maxTokens",
    "stop",
    "frequencyPenalty",
    "presencePenalty",
    "schema",
    "grammar",
    "tools",
    "toolChoice",
    "style",
  ],
  jobOf: verseJob,
  open: openVerse,
  cutter: verseCutter,
};
