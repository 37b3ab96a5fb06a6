import type { Creator } from "../creator.ts";
import { controlsSchema } from "../own-controls.ts";
import { jobOf } from "./ask.ts";
import { MelodyControls } from "./controls.ts";
import { formats } from "./formats.ts";
import { ignored, type MelodyJob } from "./job.ts";

/** Melodies and chorales under rules: see docs/creators/melody.md. */
export const melody: Creator<MelodyJob> = {
  name: "melody",
  tasks: ["music", "chat", "completion"],
  models: [
    {
      id: "inkseal-melody",
      tasks: ["music", "chat", "completion"],
      narrow: true,
      controls: controlsSchema(MelodyControls),
      formats: ["text/plain", ...formats],
      languages: ["en", "zh"],
      licence: "Apache-2.0; learnt from music in the public domain",
      note: "Tunes in the manner of old British and Irish dance books, and chorales after Bach. Bars, key, range and length are exact; what is between them is a small model's taste. No singing, drums or modern styles.",
    },
  ],
  ignores: ignored,
  jobOf,
  open: async (place) => (await import("./make.ts")).openMelody(place),
};
