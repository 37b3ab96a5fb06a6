import { z } from "zod";

/** What a piece is made of. */
export const Modality = z.enum(["text", "image", "speech", "music", "video", "code", "design"]);
export type Modality = z.infer<typeof Modality>;

/** What an engine is asked to do. One task, one shape of brief and of output. */
export const Task = z.enum([
  "chat",
  "completion",
  "infill",
  "embedding",
  "image",
  "image-edit",
  "speech",
  "transcription",
  "moderation",
  "music",
  "video",
]);
export type Task = z.infer<typeof Task>;

/** What a row of the ledger may be about: a brief's task, or the training of a model, which no brief asks for. */
export const RunTask = z.enum([...Task.options, "training"]);
export type RunTask = z.infer<typeof RunTask>;
