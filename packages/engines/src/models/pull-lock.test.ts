import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isLocked, takeLock } from "./pull-lock.ts";

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkseal-lock-"));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  path = join(folder, `${expect.getState().currentTestName?.length}.lock`);
});

describe("a lock on a pull", () => {
  it("is one process's at a time, and names it", async () => {
    const release = await takeLock(path, "p/r/x.gguf");
    expect(await isLocked(path)).toBe(true);
    await expect(takeLock(path, "p/r/x.gguf")).rejects.toMatchObject({
      code: "conflict",
      message: `p/r/x.gguf is being pulled by process ${process.pid}`,
    });
    await release();
    expect([await isLocked(path), existsSync(path)]).toEqual([false, false]);
    await (await takeLock(path, "x"))();
  });

  it("goes to one of many that ask at once", async () => {
    const taken = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(path, "x")));
    expect(taken.filter((t) => t.status === "fulfilled")).toHaveLength(1);
  });

  it.each([
    ["a process that is gone", JSON.stringify({ pid: 2 ** 30 })],
    ["a process whose number is another's now", JSON.stringify({ pid: process.pid, start: "1" })],
    ["a power failure", '{"pid":'],
  ])("left behind by %s is taken over", async (whose, text) => {
    if (whose.includes("number") && !existsSync("/proc/self/stat")) return; // nothing tells them apart there
    await writeFile(path, text);
    expect(await isLocked(path)).toBe(false);
    const release = await takeLock(path, "x");
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ pid: process.pid });
    await release();
  });
});
