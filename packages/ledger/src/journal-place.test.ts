import { appendFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openBlobs, openDatabase } from "@inkseal/store";
import { clusterTemplate } from "@inkseal/testkit";
import { afterAll, expect, it, vi } from "vitest";
import { record, testClock } from "../test/record.ts";
import type { Ledger } from "./contract.ts";
import { openLedger } from "./index.ts";

const home = mkdtempSync(join(tmpdir(), "inkseal-ledger-journal-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function open(name: string): Promise<{ database: Database; ledger: Ledger; close: () => Promise<void> }> {
  const database = await openDatabase({ folder: join(home, name), template: clusterTemplate() });
  const ledger = await openLedger({ database, blobs: await openBlobs(), clock: testClock() });
  const close = async (): Promise<void> => {
    await ledger.close();
    await database.close();
  };
  return { database, ledger, close };
}
const appendAll = (ledger: Ledger, from: number, to: number) =>
  Promise.all(Array.from({ length: to - from + 1 }, (_, i) => ledger.append(record(from + i))));
const count = async (database: Database): Promise<number | undefined> =>
  (await database.query<{ n: number }>("select count(*)::int as n from ledger_rows"))[0]?.n;

/** The folder as it lies on disk at this moment, as after a crash. */
function crashed(name: string): string {
  cpSync(join(home, name), join(home, `${name}-crashed`), { recursive: true });
  rmSync(join(home, `${name}-crashed`, "lock"), { force: true });
  return `${name}-crashed`;
}

it("brings in what a crash left in the journal, once, and chains on", async () => {
  const { database, ledger, close } = await open("crash");
  await appendAll(ledger, 1, 5);
  await ledger.rows();
  await appendAll(ledger, 6, 20);
  expect(await count(database)).toBeLessThan(20); // else this test shows nothing
  const name = crashed("crash");
  await close();

  const again = await open(name);
  expect(await count(again.database)).toBe(20);
  await appendAll(again.ledger, 21, 25);
  expect(await again.ledger.verify()).toMatchObject({ ok: true, rows: 25 });
  await again.close();
  const third = await open(name);
  expect(await third.ledger.verify()).toMatchObject({ ok: true, rows: 25 });
  expect((await third.ledger.row(record(7).run))?.seq).toBe(7);
  await third.close();
});

it("finds a row as soon as it is acknowledged", async () => {
  const { ledger, close } = await open("read");
  const row = await ledger.append(record(1));
  expect(await ledger.row(row.run)).toEqual(row);
  await ledger.append(record(2));
  expect((await ledger.rows()).map((r) => r.seq)).toEqual([2, 1]);
  expect(await ledger.rowByOutput(record(2).outputDigest)).toMatchObject({ seq: 2 });
  await close();
});

it("leaves out the damaged end of a write that nobody was told of", async () => {
  const { ledger, close } = await open("torn");
  const rows = await appendAll(ledger, 1, 3);
  const name = crashed("torn");
  await close();
  const last = rows[2];
  for (const log of ["even.log", "odd.log"])
    appendFileSync(join(home, name, "journal", log), `4 ${last?.hash} {"run":"forged"}\n\0\0\0\n6 x\nhalf`);
  const again = await open(name);
  expect(await again.ledger.verify()).toMatchObject({ ok: true, rows: 3 });
  await again.ledger.append(record(4));
  expect(await again.ledger.verify()).toMatchObject({ ok: true, rows: 4 });
  await again.close();
});

it("goes on acknowledging while the database fails, says so to readers, and catches up", async () => {
  const { database, ledger, close } = await open("outage");
  await ledger.append(record(1));
  await ledger.rows();
  const down = vi.spyOn(database, "query").mockRejectedValue(new Error("the disk is full"));
  await appendAll(ledger, 2, 9);
  await expect(ledger.rows()).rejects.toMatchObject({ code: "ledger-unavailable" });
  await ledger.append(record(10));
  down.mockRestore();
  expect((await ledger.rows()).length).toBe(10);
  expect(await ledger.verify()).toMatchObject({ ok: true, rows: 10 });
  await close();
});

it("refuses a row whose line cannot be written, and the next row takes its place", async () => {
  const { database, ledger, close } = await open("full");
  await ledger.append(record(1));
  const journal = database.journal;
  if (journal === undefined) throw new Error("no journal");
  vi.spyOn(journal, "append").mockRejectedValueOnce(new Error("ENOSPC"));
  await expect(ledger.append(record(2))).rejects.toMatchObject({ code: "ledger-unavailable" });
  expect(await ledger.append(record(3))).toMatchObject({ seq: 2 });
  expect(await ledger.verify()).toMatchObject({ ok: true, rows: 2 });
  await close();
});
