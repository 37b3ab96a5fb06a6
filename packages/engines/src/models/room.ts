import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { InksealError } from "@inkseal/core";

/** Throws `disk-full` when the disk under `path` (which need not exist yet) has less than `bytes` free. */
export async function needRoom(path: string, bytes: number): Promise<void> {
  for (let folder = path; ; folder = dirname(folder)) {
    const disk = await statfs(folder).catch(() => undefined);
    if (disk === undefined && folder !== dirname(folder)) continue;
    const free = disk === undefined ? Number.POSITIVE_INFINITY : disk.bavail * disk.bsize;
    if (bytes > free)
      throw new InksealError("disk-full", `${bytes} bytes are needed in ${folder} and ${Math.floor(free)} are free`);
    return;
  }
}

/** The system's complaint about a full disk or quota as ours; anything else as it is. */
export function diskError(error: unknown): unknown {
  const { code } = error as { code?: unknown };
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new InksealError("disk-full", "the disk became full; what has arrived is kept", { cause: error });
}
