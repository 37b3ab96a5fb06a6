import type { ModelList } from "@inkseal/client";
import { InksealError } from "@inkseal/core";
import { create } from "zustand";
import { api, troubleOf } from "../api.ts";
import { useAttachments } from "./attachments.ts";
import { emptyDraft, useDrafts } from "./drafts.ts";
import { ownFields } from "./own-controls.ts";
import { advance, begin, type Passage } from "./passage.ts";
import { briefOf, type MakeTask, modelOf } from "./tasks.ts";

interface Making {
  readonly passage?: Passage;
  /** When it began, `performance.now()`; for the clock beside the progress bar. */
  readonly since: number;
  /** The list as last read: shown at once on the way back to the room. */
  readonly list?: ModelList;
}
/** The run in hand. It goes on while the reader walks through other rooms. */
export const useMaking = create<Making>(() => ({ since: 0 }));

let abort: AbortController | undefined;

/** Starts a run with the task's draft. Nothing happens while one is in hand or the draft is blank. */
export async function startRun(task: MakeTask): Promise<void> {
  const draft = useDrafts.getState().drafts[task] ?? emptyDraft;
  if (useMaking.getState().passage?.phase === "running" || draft.text.trim() === "") return;
  const own = new AbortController();
  abort = own;
  useMaking.setState({ passage: begin(task), since: performance.now() });
  const step = (change: (passage: Passage) => Passage) => {
    if (abort === own) useMaking.setState((s) => (s.passage === undefined ? s : { passage: change(s.passage) }));
  };
  try {
    const able = (useMaking.getState().list?.models ?? []).filter((m) => m.tasks.includes(task));
    const names = ownFields(modelOf(draft, able)?.controls).map(({ name }) => name);
    const brief = briefOf(task, draft, useAttachments.getState()[task], names);
    for await (const event of api().create(brief, { signal: own.signal })) step((p) => advance(p, event));
  } catch (thrown) {
    const trouble = own.signal.aborted ? InksealError.from(thrown) : troubleOf(thrown);
    step((p) => ({ ...p, phase: trouble.code === "cancelled" ? "cancelled" : "failed", trouble }));
  }
}

/** Stops the run in hand: hanging up is what cancels it. */
export function cancelRun(): void {
  abort?.abort();
}

/** Reads what the engines offer. */
export async function readModels(signal: AbortSignal): Promise<ModelList> {
  const list = await api().models({ signal });
  useMaking.setState({ list });
  return list;
}
