import { readFileSync } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { InksealError } from "@inkseal/core";

interface Holder {
  readonly pid: number;
  /** When the process began, in kernel ticks, where that can be told: numbers of processes are given anew. */
  readonly start?: string;
}

/**
 * Takes a file's lock until the returned function is called. One whose process is gone is taken over. Throws `conflict`.
 */
export async function takeLock(path: string, name: string): Promise<() => Promise<void>> {
  for (let tries = 0; ; tries++) {
    try {
      const file = await open(path, "wx", 0o600);
      await file.writeFile(JSON.stringify({ pid: process.pid, start: startOf(process.pid) })).finally(() => file.close());
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const text = await readFile(path, "utf8").catch(() => "");
    const holder = holderOf(text);
    if (holder !== undefined && isAlive(holder))
      throw new InksealError("conflict", `${name} is being pulled by process ${holder.pid}`);
    // between its making and its writing a lock is empty: a moment's patience before it counts as left behind
    if (holder === undefined && tries < 10) await new Promise((resolve) => setTimeout(resolve, 20));
    else if (tries < 20) await throwAway(path, text);
    else throw new InksealError("conflict", `${name} is locked, and the lock cannot be taken away`);
  }
}

/** Whether somebody pulls to this file now. */
export async function isLocked(path: string): Promise<boolean> {
  const holder = holderOf(await readFile(path, "utf8").catch(() => ""));
  return holder !== undefined && isAlive(holder);
}

/** Two may find the same lock left behind: only one that still says what was read goes. */
async function throwAway(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  await rename(path, aside).catch(() => undefined);
  const moved = await readFile(aside, "utf8").catch(() => undefined);
  if (moved === undefined) return;
  if (moved === text) await rm(aside, { force: true });
  else await rename(aside, path);
}

function holderOf(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Holder;
    return Number.isInteger(holder.pid) && holder.pid > 0 ? holder : undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, start }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = startOf(pid);
  return start === undefined || now === undefined || now === start;
}

/** Field 22 of proc(5) stat. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
