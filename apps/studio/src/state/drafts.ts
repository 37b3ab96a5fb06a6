import type { Controls } from "@inkseal/core";
import { create } from "zustand";
import { persist } from "zustand/middleware";
import type { MakeTask } from "./tasks.ts";

export interface Draft {
  readonly text: string;
  /** `engine/model`; empty lets Inkseal choose. */
  readonly model: string;
  readonly controls: Controls;
}
export const emptyDraft: Draft = { text: "", model: "", controls: {} };

interface Drafts {
  readonly task: MakeTask;
  readonly drafts: Partial<Record<MakeTask, Draft>>;
}

/** What somebody is writing, one draft a task. In localStorage at every keystroke: never lost to a reload or an error. */
export const useDrafts = create<Drafts>()(
  persist((): Drafts => ({ task: "chat", drafts: {} }), { name: "inkseal.drafts", version: 1 }),
);

export function setTask(task: MakeTask): void {
  useDrafts.setState({ task });
}

export function editDraft(task: MakeTask, patch: Partial<Draft>): void {
  useDrafts.setState(({ drafts }) => ({ drafts: { ...drafts, [task]: { ...(drafts[task] ?? emptyDraft), ...patch } } }));
}

/** Sets one control of the chosen model's own; `undefined` returns it to the model's default. */
export function setOwn(task: MakeTask, name: string, value: unknown): void {
  const { [name]: _, ...rest } = useDrafts.getState().drafts[task]?.controls.own ?? {};
  const own = value === undefined ? rest : { ...rest, [name]: value };
  setControl(task, "own", Object.keys(own).length === 0 ? undefined : own);
}

/** Sets one control; `undefined` returns it to the engine's default. */
export function setControl<K extends keyof Controls>(task: MakeTask, name: K, value: Controls[K] | undefined): void {
  const { [name]: _, ...rest } = useDrafts.getState().drafts[task]?.controls ?? {};
  editDraft(task, { controls: value === undefined ? rest : { ...rest, [name]: value } });
}
