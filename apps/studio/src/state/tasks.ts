import type { ClientBrief, ModelEntry } from "@inkseal/client";
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

/** The brief of a draft. Controls that the task does not show are left behind. */
export function briefOf(task: MakeTask, draft: Draft): ClientBrief {
  const shown = new Set<string>(taskControls[task]);
  const controls = Object.fromEntries(Object.entries(draft.controls).filter(([name]) => shown.has(name))) as Controls;
  return {
    task,
    ...(task === "chat" ? { messages: [{ role: "user", content: draft.text }] } : { text: draft.text }),
    ...(draft.model === "" ? {} : { model: draft.model }),
    controls,
    keep: true,
  };
}
