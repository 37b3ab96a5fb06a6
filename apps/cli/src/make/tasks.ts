import type { Task } from "@inkseal/core";

/** What people type → the pipeline's task, and what comes out of it. */
export const tasks = {
  text: ["chat", "words"],
  chat: ["chat", "words"],
  speech: ["speech", "file"],
  image: ["image", "file"],
  edit: ["image-edit", "file"],
  music: ["music", "file"],
  video: ["video", "file"],
  embed: ["embedding", "data"],
  transcribe: ["transcription", "words"],
  moderate: ["moderation", "data"],
  complete: ["completion", "words"],
} as const satisfies Record<string, readonly [Task, "words" | "file" | "data"]>;
export type TaskName = keyof typeof tasks;
