import type { ClientBrief, ModelEntry, UploadFile } from "@inkseal/client";
import type { Controls, Task } from "@inkseal/core";
import type { Draft } from "./drafts.ts";

/** The tasks that the Make room offers, in its order. */
export const makeTasks = ["chat", "speech", "image", "music", "video"] as const satisfies readonly Task[];
export type MakeTask = (typeof makeTasks)[number];

type ControlName = keyof Controls;
/** The few controls that fit a task, in the order shown. */
export const taskControls: Readonly<Record<MakeTask, readonly ControlName[]>> = {
  chat: ["temperature", "maxTokens"],
  speech: ["voice", "language", "speed", "pitch"],
  image: ["size", "seed"],
  music: ["seed"],
  video: ["size", "seed"],
};

/** Tasks that some model does, in the room's order. */
export function offeredTasks(models: readonly ModelEntry[]): readonly MakeTask[] {
  return makeTasks.filter((task) => models.some((m) => m.tasks.includes(task)));
}

/** The model that a draft names, or the only one that does the task; undefined where Inkseal will choose among several. */
export const modelOf = (draft: Draft, able: readonly ModelEntry[]): ModelEntry | undefined =>
  able.find(({ name }) => name === draft.model) ?? (able.length === 1 ? able[0] : undefined);

/**
 * The brief of a draft and its files. Controls that the task does not show are left behind, and so are those that the chosen model does not have.
 * A picture to draw from makes drawing an edit.
 */
export function briefOf(task: MakeTask, draft: Draft, files: readonly File[] = [], own: readonly string[] = []): ClientBrief {
  const shown = new Set<string>(taskControls[task]);
  const controls = Object.fromEntries(Object.entries(draft.controls).filter(([name]) => shown.has(name))) as Controls;
  const kept = Object.entries(draft.controls.own ?? {}).filter(([name]) => own.includes(name));
  if (kept.length > 0) controls.own = Object.fromEntries(kept);
  return {
    task: task === "image" && files.some((file) => file.type.startsWith("image/")) ? "image-edit" : task,
    ...(files.length > 0 && { files: files.map(withRole) }),
    ...(task === "chat" ? { messages: [{ role: "user", content: draft.text }] } : { text: draft.text }),
    ...(draft.model === "" ? {} : { model: draft.model }),
    controls,
    keep: true,
  };
}

const withRole = (file: File): UploadFile => {
  const role = /^(image|audio)\//.exec(file.type)?.[1];
  return { name: file.name, bytes: file, mediaType: file.type, ...(role !== undefined && { role }) };
};
