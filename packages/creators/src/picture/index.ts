import type { Creator } from "../creator.ts";
import { controlsSchema, ownControls } from "../own-controls.ts";
import { PictureControls } from "./controls.ts";
import { type PictureJob, pictureJob } from "./job.ts";

/** Emoji-like art from a few words, in Chinese or English: a latent flow model of 64 × 64 pixels, enlarged with clean edges. */
export const picture: Creator<PictureJob> = {
  name: "picture",
  tasks: ["image", "image-edit"],
  models: [
    {
      id: "inkseal-picture",
      tasks: ["image", "image-edit"],
      narrow: true,
      inputs: ["text", "image"],
      languages: ["zh", "en"],
      formats: ["image/png", "image/jpeg", "image/webp"],
      controls: controlsSchema(PictureControls),
      licence: "Apache-2.0; trained on Noto and FxEmoji (Apache-2.0), Twemoji (CC-BY-4.0) and Fluent Emoji (MIT)",
      note: "emoji-like art of one thing from a few words, 64 pixels enlarged with clean edges; no photographs, scenes or writing",
    },
  ],
  ignores: ["topP", "topK", "minP", "maxTokens", "language", "voice", "speed", "pitch"],
  jobOf: (plan, seed) => pictureJob(plan.brief, ownControls(PictureControls, plan), seed),
  open: async (place) => {
    const [{ openPictureModel }, { pictureMaker }] = await Promise.all([import("./model.ts"), import("./maker.ts")]);
    return pictureMaker(await openPictureModel(place));
  },
};
