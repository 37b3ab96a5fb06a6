import { create } from "zustand";
import type { MakeTask } from "./tasks.ts";

/** Files that go along with a task's brief. In memory only: a reload forgets them, the words stay. */
export const useAttachments = create<Partial<Record<MakeTask, readonly File[]>>>(() => ({}));

export function attach(task: MakeTask, files: Iterable<File>): void {
  useAttachments.setState((all) => ({ [task]: [...(all[task] ?? []), ...files] }));
}

export function detach(task: MakeTask, file: File): void {
  useAttachments.setState((all) => ({ [task]: all[task]?.filter((other) => other !== file) }));
}
