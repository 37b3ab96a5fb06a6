import type { ChainFault } from "@inkseal/core";
import { type Database, openBlobs } from "@inkseal/store";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { onBothDatabases } from "../test/databases.ts";
import { record, testClock } from "../test/record.ts";
import { openLedger } from "./index.ts";
import { rowHash } from "./row-hash.ts";
import { verifyChain } from "./verify-chain.ts";

const size = 12;

/** Ways to change one row that leave its old hash, or its successor's knowledge of it, as evidence. */
const damages: Readonly<Record<string, (seq: number) => string>> = {
  "a word of the record": (n) => `update ledger_rows set record = replace(record, '"chat"', '"code"') where seq = ${n}`,
  "a byte more": (n) => `update ledger_rows set record = record || ' ' where seq = ${n}`,
  "no JSON": (n) => `update ledger_rows set record = '' where seq = ${n}`,
  "its hash": (n) => `update ledger_rows set hash = repeat('a', 64) where seq = ${n}`,
  "its link": (n) => `update ledger_rows set prev = repeat('b', 64) where seq = ${n}`,
  "a look-up column": (n) => `update ledger_rows set status = 'failed' where seq = ${n}`,
  "the run's column": (n) => `update ledger_rows set run = 'run_other' where seq = ${n}`,
  removed: (n) => `delete from ledger_rows where seq = ${n}`,
};

onBothDatabases((open) => {
  let db: Database;
  beforeAll(async () => {
    db = await open();
    const ledger = await openLedger({ database: db, blobs: await openBlobs(), clock: testClock() });
    await Promise.all(Array.from({ length: size }, (_, i) => ledger.append(record(i + 1))));
    await ledger.rows(); // from the journal into the tables, where there is one
    await db.exec("create table whole_rows as select * from ledger_rows; create table whole_head as select * from ledger_head");
  });
  const restore = () =>
    db.exec(`delete from ledger_rows; insert into ledger_rows select * from whole_rows;
             delete from ledger_head; insert into ledger_head (one, seq, hash) select one, seq, hash from whole_head`);
  const faultsAfter = async (...sql: string[]): Promise<readonly ChainFault[]> => {
    await restore();
    for (const statement of sql) await db.exec(statement);
    const report = await verifyChain(db, undefined);
    expect(report.ok).toBe(report.faults.length === 0);
    return report.faults;
  };
  const places = (faults: readonly ChainFault[]) => faults.map((f) => [f.seq, f.fault]);

  it("finds nothing wrong where nothing is", async () => {
    expect(await faultsAfter()).toEqual([]);
  });

  it("names exactly the rows that were tampered with, whichever and however many", async () => {
    const tampering = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: size }), fc.constantFrom(...Object.keys(damages))), {
      selector: ([seq]) => seq,
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(tampering, async (list) => {
        const faults = await faultsAfter(...list.map(([seq, how]) => damages[how]?.(seq) ?? ""));
        const wanted = list.map(([seq, how]) => [seq, how === "removed" ? "removed" : "changed"] as const);
        expect(places(faults)).toEqual(wanted.sort((a, b) => a[0] - b[0]));
      }),
      { numRuns: 40 },
    );
  });

  it("names both of any two rows that changed places, and where each was", async () => {
    const two = fc.uniqueArray(fc.integer({ min: 1, max: size }), { minLength: 2, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(two, async (pair) => {
        const [a = 0, b = 0] = pair.sort((x, y) => x - y);
        const sql = [`seq = -1 where seq = ${a}`, `seq = ${a} where seq = ${b}`, `seq = ${b} where seq = -1`];
        const faults = await faultsAfter(...sql.map((s) => `update ledger_rows set ${s}`));
        expect(faults).toMatchObject([
          { seq: a, fault: "reordered", detail: `was row ${b}`, run: record(b).run },
          { seq: b, fault: "reordered", detail: `was row ${a}`, run: record(a).run },
        ]);
      }),
      { numRuns: 15 },
    );
  });

  it("names a row rewritten together with its hash", async () => {
    for (const seq of [1, 5, size]) {
      const [row] = await db.query<{ prev: string; record: string }>("select prev, record from whole_rows where seq = $1", [
        seq,
      ]);
      const text = row?.record.replace('"gpt', '"not') ?? "";
      const rewrite = `update ledger_rows set record = '${text}', hash = '${rowHash(seq, row?.prev ?? "", text)}' where seq = ${seq}`;
      expect(places(await faultsAfter(rewrite))).toEqual([[seq, seq === size ? "foreign-head" : "changed"]]);
    }
  });

  it("names what is missing at the end, at the start, and altogether", async () => {
    expect(places(await faultsAfter(`delete from ledger_rows where seq > ${size - 2}`))).toEqual([
      [size - 1, "removed"],
      [size, "removed"],
    ]);
    expect(places(await faultsAfter("delete from ledger_rows where seq < 3"))).toEqual([
      [1, "removed"],
      [2, "removed"],
    ]);
    expect(await faultsAfter("delete from ledger_rows")).toHaveLength(size);
  });

  it("names rows that nobody appended, before the start and behind the head", async () => {
    const copy = (seq: number) =>
      `insert into ledger_rows select ${seq}, run, status, task, actor, output_key, prev, hash, record from whole_rows where seq = 3`;
    expect(places(await faultsAfter(copy(0)))).toMatchObject([[0, expect.stringMatching(/changed|reordered/)]]);
    expect(places(await faultsAfter(copy(size + 1)))).toEqual([[size + 1, "foreign-head"]]);
  });

  it("notices a head that was changed, set back or deleted", async () => {
    expect(places(await faultsAfter("update ledger_head set hash = repeat('c', 64)"))).toEqual([[size, "foreign-head"]]);
    const back = await faultsAfter(`update ledger_head set seq = 9, hash = (select hash from ledger_rows where seq = 9)`);
    expect(places(back)).toEqual([10, 11, 12].map((seq) => [seq, "foreign-head"]));
    expect(places(await faultsAfter("delete from ledger_head")).length).toBeGreaterThan(0);
  });

  it("notices rows and head set back while the process that wrote them still runs", async () => {
    const [head] = await db.query<{ seq: number; hash: string }>("select seq, hash from whole_head");
    await faultsAfter(
      "delete from ledger_rows where seq > 9",
      "update ledger_head set seq = 9, hash = (select hash from ledger_rows where seq = 9)",
    );
    const report = await verifyChain(db, head);
    expect(report.faults.filter((f) => f.fault === "removed").map((f) => f.seq)).toEqual([10, 11, 12]);
  });

  describe("over many pages", () => {
    it("reports progress and stays right", async () => {
      await restore();
      const ledger = await openLedger({ database: db, blobs: await openBlobs(), clock: testClock() });
      await Promise.all(Array.from({ length: 1000 }, (_, i) => ledger.append(record(100 + i))));
      const seen: number[] = [];
      const report = await ledger.verify((done) => seen.push(done));
      expect(report).toMatchObject({ ok: true, rows: size + 1000 });
      expect(seen.at(-1)).toBe(size + 1000);
      expect(seen.length).toBeGreaterThan(3);
    });
  });
});
