import type { Task } from "@inkseal/core";

/** What people type → the pipeline's task, what comes out of it, and the model that is asked unless another is named. */
export const tasks = {
  text: ["chat", "words"],
  chat: ["chat", "words"],
  speech: ["speech", "file"],
  image: ["image", "file"],
  edit: ["image-edit", "file"],
  music: ["music", "file"],
  video: ["video", "file"],
  film: ["video", "file", "inkseal-film"],
  embed: ["embedding", "data"],
  transcribe: ["transcription", "words"],
  moderate: ["moderation", "data"],
  complete: ["completion", "words"],
  molecule: ["completion", "words", "inkseal-molecule"],
  verse: ["chat", "words", "inkseal-verse"],
  table: ["completion", "file", "inkseal-tables"],
  code: ["infill", "words", "inkseal-code"],
} as const satisfies Record<string, readonly [task: Task, makes: "words" | "file" | "data", model?: string]>;
export type TaskName = keyof typeof tasks;

/** Tasks whose words are the name of a file to work on. */
export const ofFile: ReadonlySet<TaskName> = new Set(["table"]);
