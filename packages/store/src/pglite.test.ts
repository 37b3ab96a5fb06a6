import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { clusterTemplate } from "@inkseal/testkit";
import { afterAll, describe, expect, it } from "vitest";
import { openPglite } from "./pglite.ts";

const home = mkdtempSync(join(tmpdir(), "inkseal-pglite-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const fresh = (name: string) => openPglite(join(home, name), clusterTemplate());

describe("the folder's lock", () => {
  it("refuses a second opener, names the process, and is free after close", async () => {
    const db = await fresh("locked");
    await expect(fresh("locked")).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await db.close();
    expect(existsSync(join(home, "locked", "lock"))).toBe(false);
    await (await fresh("locked")).close();
  });

  it.each([
    ["a dead process", JSON.stringify({ pid: 999_999_999, start: "1" })],
    ["an earlier process of the same pid", JSON.stringify({ pid: process.pid, start: "1" })],
    ["a power failure", ""],
  ])("is taken over from %s", async (_, text) => {
    await (await fresh("stale")).close();
    writeFileSync(join(home, "stale", "lock"), text);
    const db = await fresh("stale");
    expect(await db.query("select 1 as a")).toEqual([{ a: 1 }]);
    await db.close();
  });
});

describe("a crash", () => {
  it("of the worker rejects every open call; the next call recovers", async () => {
    const db = await fresh("crash");
    await db.exec("create table t (a int); insert into t values (1)");
    const open = Array.from({ length: 5 }, () => db.query("select pg_sleep(0.2)"));
    const inTransaction = db.transaction(async (tx) => {
      await tx.query("insert into t values (2)");
      await db.crash();
      await tx.query("insert into t values (3)");
    });
    const ends = await Promise.allSettled([...open, inTransaction]);
    expect(ends.at(-1)?.status).toBe("rejected");
    expect(await db.query("select a from t")).toEqual([{ a: 1 }]);
    await db.close();
  });

  it("rejects what was under way", async () => {
    const db = await fresh("crash");
    const open = Array.from({ length: 5 }, () => db.query("select pg_sleep(5)"));
    await db.crash();
    for (const call of open) await expect(call).rejects.toThrow("stopped");
    await db.close();
  });

  it("by SIGKILL loses nothing that was answered", async () => {
    const folder = join(home, "killed");
    await (await fresh("killed")).close();
    const child = spawn(
      process.execPath,
      ["--import", "tsx", fileURLToPath(new URL("../test/writer.ts", import.meta.url)), folder],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const gone = new Promise((r) => child.once("exit", r));
    let out = "";
    for await (const text of child.stdout.setEncoding("utf8")) {
      out += text;
      if (out.split("\n").length > 60 && !child.killed) child.kill("SIGKILL");
    }
    await gone; // the pipe closes a moment before the process is gone
    const answered = out.split("\n").slice(0, -1).map(Number);
    const db = await fresh("killed");
    const rows = await db.query<{ a: number }>("select a from t order by a");
    const kept = new Set(rows.map((r) => r.a));
    expect(answered.length).toBeGreaterThan(50);
    expect(answered.filter((a) => !kept.has(a))).toEqual([]);
    await db.close();
  });
});

it("stays in memory when told, and says so when that is gone", async () => {
  const db = await openPglite(undefined, clusterTemplate());
  await db.exec("create table t (a int)");
  await db.crash();
  await expect(db.query("select * from t")).rejects.toThrow(/gone|stopped/);
  await db.close();
});
