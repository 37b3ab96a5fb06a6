import { linkSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { InksealError } from "@inkseal/core";

/**
 * State letter and start of a process, in kernel ticks (fields 3 and 22 of proc(5) stat). The start tells a pid from a
 * later process that got the same. Undefined without /proc.
 */
function processStat(pid: number): { state: string | undefined; start: string | undefined } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0], start: fields[19] };
  } catch {
    return undefined;
  }
}

/** Whether `pid` runs, and is the process that began at `start` where that can be told. */
export function processAlive(pid: number, start?: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = processStat(pid);
  if (now === undefined) return true;
  // a zombie holds nothing open any more
  return now.state !== "Z" && now.state !== "X" && (start === undefined || now.start === start);
}

const mine = new Set<string>();
let serial = 0;

/**
 * Takes the folder for this process until the returned function is called. A lock left by a dead process is taken over.
 * Throws `conflict` naming the process that has it; `what` is what the folder holds, for people.
 */
export function lockFolder(folder: string, what = "the database"): () => void {
  mkdirSync(folder, { recursive: true });
  const path = resolve(folder, "lock");
  const own = `${path}.${process.pid}.${++serial}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, start: processStat(process.pid)?.start }));
  try {
    for (;;) {
      try {
        linkSync(own, path); // atomic: fails when somebody has it
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      takeOver(path, `${what} in ${folder}`);
    }
  } finally {
    unlinkSync(own);
  }
  mine.add(path);
  return () => {
    if (mine.delete(path)) unlinkSync(path);
  };
}

function takeOver(path: string, what: string): void {
  const text = read(path);
  if (text === undefined) return;
  refuseWhenHeld(text, path, what);
  // Two processes may find the same stale lock: only a lock that still holds what was read is thrown away.
  const aside = `${path}.stale.${process.pid}.${++serial}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = read(aside);
  if (moved !== text) linkSync(aside, path);
  unlinkSync(aside);
  if (moved !== undefined && moved !== text) refuseWhenHeld(moved, path, what);
}

function refuseWhenHeld(text: string, path: string, what: string): void {
  let holder: { pid?: unknown; start?: string };
  try {
    holder = JSON.parse(text);
  } catch {
    return; // written by nobody here, or cut short by a power failure
  }
  const { pid, start } = holder;
  if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 0) return;
  if (pid === process.pid ? mine.has(path) : processAlive(pid, start))
    throw new InksealError("conflict", `${what} is in use by process ${pid}; stop that process first`);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
