import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { InksealError } from "@inkseal/core";

export const exec = promisify(execFile);

/** Why a program gave nothing: `engine-missing` where it is not there, else `bad-file`. */
export function failure(program: string, cause: unknown): InksealError {
  if ((cause as NodeJS.ErrnoException).code === "ENOENT")
    return new InksealError("engine-missing", `${program} was not found on the path; \`inkseal doctor\` says more`, { cause });
  const said = String((cause as { stderr?: unknown }).stderr ?? "").trim() || (cause as Error).message;
  return new InksealError("bad-file", `${program}: ${said.split("\n").at(-1)?.slice(0, 300)}`, { cause });
}

/** Work on a file in a folder of its own, which is removed again. */
export async function inFolder<T>(file: Uint8Array, work: (path: string, folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "inkseal-media-"));
  try {
    const path = join(folder, "in");
    await writeFile(path, file, { mode: 0o600 });
    return await work(path, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
