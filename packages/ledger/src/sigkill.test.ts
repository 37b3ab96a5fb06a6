import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBlobs, openDatabase } from "@inkseal/store";
import { clusterTemplate } from "@inkseal/testkit";
import { afterAll, expect, it } from "vitest";
import { testClock } from "../test/record.ts";
import { openLedger } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "inkseal-ledger-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const appender = fileURLToPath(new URL("../test/appender.ts", import.meta.url));

/** Runs the appender until it has printed `wanted` runs, kills it, and gives the runs that it acknowledged. */
async function killedAfter(wanted: number, first: number): Promise<string[]> {
  const child = spawn(process.execPath, ["--import", "tsx", appender, folder, String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = new Promise((r) => child.once("exit", r));
  let lines = 0;
  let out = "";
  for await (const text of child.stdout.setEncoding("utf8")) {
    out += text;
    lines += text.split("\n").length - 1;
    if (lines >= wanted && !child.killed) child.kill("SIGKILL");
  }
  await gone; // the pipe closes a moment before the process is gone
  return out.split("\n").slice(0, -1);
}

it("loses no acknowledged row when the process is killed, again and again", async () => {
  await (await openDatabase({ folder, template: clusterTemplate() })).close();
  const acknowledged: string[] = [];
  for (const [round, wanted] of [40, 333, 90].entries()) {
    acknowledged.push(...(await killedAfter(wanted, round * 1_000_000)));
    const database = await openDatabase({ folder });
    const ledger = await openLedger({ database, blobs: await openBlobs(), clock: testClock() });
    const report = await ledger.verify();
    expect(report).toMatchObject({ ok: true, faults: [] });
    expect(report.rows).toBeGreaterThanOrEqual(acknowledged.length);
    const found = await database.query<{ run: string }>("select run from ledger_rows");
    const kept = new Set(found.map((r) => r.run));
    expect(acknowledged.filter((run) => !kept.has(run))).toEqual([]);
    await ledger.close();
    await database.close();
  }
  expect(acknowledged.length).toBeGreaterThan(400);
}, 120_000);
