import { defaultPolicy, InksealError, LedgerRow, type RunRecord } from "@inkseal/core";
import { type Database, openBlobs } from "@inkseal/store";
import { beforeAll, describe, expect, it } from "vitest";
import { onBothDatabases } from "../test/databases.ts";
import { record, sha256, testClock } from "../test/record.ts";
import type { Ledger } from "./index.ts";
import { openLedger } from "./index.ts";

onBothDatabases((open, again) => {
  let database: Database;
  let ledger: Ledger;
  const openOn = async (db: Database) => openLedger({ database: db, blobs: await openBlobs(), clock: testClock() });
  beforeAll(async () => {
    database = await open();
    ledger = await openOn(database);
  });

  it("keeps what leads back to a piece, and finds it by any shared key", async () => {
    const { traces } = ledger;
    const store = new Uint8Array([1, 2, 3]);
    const print = (alg: string, keys: number[]) => ({ alg, value: Uint8Array.of(keys.length), keys });
    await traces.put({
      id: "art_a",
      run: "run_a",
      trace: { manifest: { id: "urn:c2pa:a", store }, prints: [print("x", [1, -7])] },
    });
    await traces.put({ id: "art_b", run: "run_b", trace: { prints: [print("x", [7, 2 ** 31 - 1]), print("y", [1])] } });
    await traces.put({ id: "art_c", run: "run_c" });
    const [near] = await traces.near("x", [5, -7, 1]);
    expect({ ...near, value: [...(near?.value ?? [])] }).toEqual({ run: "run_a", artifact: "art_a", value: [2] });
    expect((await traces.near("x", [2 ** 31 - 1, 1])).map((p) => p.run).sort()).toEqual(["run_a", "run_b"]);
    expect(await traces.near("x", [])).toEqual([]);
    expect(await traces.manifest("urn:c2pa:a")).toEqual(store);
    expect(await traces.manifest("urn:c2pa:b")).toBeUndefined();
    expect(await traces.manifestOf("run_a")).toBe("urn:c2pa:a");
    expect(await traces.manifestOf("run_a", "art_b")).toBeUndefined();
  });

  describe("the chain", () => {
    it("begins at 1, links each row to the one before, and verifies", async () => {
      expect(await ledger.verify()).toMatchObject({ ok: true, rows: 0 });
      const first = await ledger.append(record(1));
      const second = await ledger.append(record(2));
      expect(first).toMatchObject({ seq: 1, prev: "0".repeat(64), run: record(1).run });
      expect(second).toMatchObject({ seq: 2, prev: first.hash });
      LedgerRow.parse(first);
      expect(await ledger.verify()).toEqual({ ok: true, rows: 2, head: second.hash, faults: [] });
    });

    it("hashes what is written down: seq, prev and canonical JSON, a line each", async () => {
      const row = await ledger.append(record(3));
      await ledger.rows(); // in its table by then
      const [stored] = await database.query<{ record: string }>("select record from ledger_rows where seq = 3");
      expect(row.hash).toBe(sha256(`3\n${row.prev}\n${stored?.record}`));
      expect(JSON.parse(stored?.record ?? "")).toEqual(record(3));
    });

    it("takes a row for the record that it holds", async () => {
      const row = await ledger.append(record(0));
      const again = await ledger.append(row);
      expect(again).toMatchObject({ seq: row.seq + 1, prev: row.hash });
      expect(await ledger.verify()).toMatchObject({ ok: true });
    });

    it("gives many callers at once one place each, in the order of their calls", async () => {
      const calls = Array.from({ length: 700 }, (_, i) => ledger.append(record(100 + i)));
      const rows = await Promise.all(calls);
      expect(rows.map((r) => r.seq)).toEqual(rows.map((_, i) => 6 + i));
      expect(rows.map((r) => r.run)).toEqual(rows.map((_, i) => record(100 + i).run));
      expect((await ledger.verify()).ok).toBe(true);
    });

    it("keeps any text whole", async () => {
      const odd = "line\nbreak \0 nul \ud800 lone 🖋 \"quote\" \\ 'x' \u2028 字";
      const strange: RunRecord = record(900, { model: odd, engine: "", actor: odd, outputDigest: "", errorCode: odd });
      const plain = record(901, { actor: "key_1", status: "failed", outputDigest: "" });
      const [a, b] = await Promise.all([ledger.append(strange), ledger.append(plain)]);
      expect(await ledger.row(strange.run)).toEqual(a);
      expect(await ledger.row(plain.run)).toEqual(b);
      expect((await ledger.row(strange.run))?.model).toBe(odd);
      expect((await ledger.rows({ actor: odd })).map((r) => r.run)).toEqual([strange.run]);
      expect(await ledger.verify()).toMatchObject({ ok: true });
    });

    it("finds rows by run, output, and newest first by what they are", async () => {
      expect(await ledger.row("run_nobody")).toBeUndefined();
      expect((await ledger.rowByRunStart(record(150).run))?.run).toBe(record(150).run);
      expect(await ledger.rowByRunStart(record(150).run.slice(0, 17))).toBeUndefined(); // all begin so
      expect(await ledger.rowByRunStart("run_%")).toBeUndefined();
      expect((await ledger.rowByOutput(record(150).outputDigest))?.run).toBe(record(150).run);
      expect(await ledger.rowByOutput(sha256("nothing"))).toBeUndefined();
      expect(await ledger.rowByOutput("")).toBeUndefined();
      const page = await ledger.rows({ limit: 3 });
      expect(page).toHaveLength(3);
      const next = await ledger.rows({ limit: 2, before: page[2]?.seq });
      expect(next.map((r) => r.seq)).toEqual([(page[2]?.seq ?? 0) - 1, (page[2]?.seq ?? 0) - 2]);
      expect((await ledger.rows({ status: "failed", task: "chat", actor: "key_1" })).map((r) => r.run)).toEqual([
        record(901).run,
      ]);
      expect(await ledger.rows({ task: "video" })).toEqual([]);
      await expect(ledger.rows({ limit: 501 })).rejects.toThrow(RangeError);
    });

    it("refuses what is not JSON, and spares the callers beside it", async () => {
      const [bad, good] = await Promise.allSettled([
        ledger.append(record(910, { totalMs: Number.NaN })),
        ledger.append(record(911)),
      ]);
      expect(bad).toMatchObject({ status: "rejected", reason: expect.any(TypeError) });
      expect(good.status).toBe("fulfilled");
    });

    it.skipIf(again === undefined)("takes rows from two processes at once", async () => {
      const other = await openOn(await again!());
      const rows = await Promise.all(
        Array.from({ length: 120 }, async (_, i) => {
          await new Promise((r) => setTimeout(r, i % 7));
          return (i % 2 ? ledger : other).append(record(2000 + i));
        }),
      );
      expect(new Set(rows.map((r) => r.seq)).size).toBe(120);
      expect(await other.verify()).toMatchObject({ ok: true });
      expect(await ledger.verify()).toMatchObject({ ok: true });
      await other.close();
    });
  });

  describe("when the database fails", () => {
    it("rejects with ledger-unavailable and recovers", async () => {
      const { db, state } = failing(database);
      const sick = await openOn(db);
      await sick.append(record(3000));
      state.fails = "before";
      const ends = await Promise.allSettled([sick.append(record(3001)), sick.append(record(3002))]);
      for (const end of ends) {
        expect(end.status).toBe("rejected");
        expect(end.status === "rejected" && InksealError.is(end.reason) && end.reason.code).toBe("ledger-unavailable");
      }
      state.fails = "never";
      await sick.append(record(3003));
      expect(await sick.row(record(3001).run)).toBeUndefined();
      expect(await sick.verify()).toMatchObject({ ok: true });
    });

    it("finds out that a commit whose answer was lost did happen", async () => {
      const { db, state } = failing(database);
      const sick = await openOn(db);
      await sick.append(record(3009));
      state.fails = "after";
      const row = await sick.append(record(3010));
      expect(await sick.row(row.run)).toEqual(row);
      expect(await sick.verify()).toMatchObject({ ok: true });
    });
  });

  describe("artifacts", () => {
    const artifact = (n: number) => {
      const bytes = new TextEncoder().encode(`piece ${n}`);
      const id = `art_${String(n).padStart(26, "0")}`;
      const marks = [{ layer: "aigc" as const, method: "gb45438" }];
      return {
        kind: "artifact" as const,
        version: 1 as const,
        id,
        run: "run_1",
        mediaType: "text/plain",
        bytes,
        sha256: sha256(`piece ${n}`),
        marks,
      };
    };
    it("keeps bytes and entry, newest first, until deleted", async () => {
      const at = "2026-11-23T12:00:00.000Z";
      for (let n = 1; n <= 5; n++) await ledger.artifacts.put(artifact(n), at, n === 5 ? "五" : undefined);
      const { bytes, kind, version, ...entry } = artifact(5);
      expect(await ledger.artifacts.info(entry.id)).toEqual({ ...entry, size: 7, at, title: "五" });
      expect(new TextDecoder().decode(await ledger.artifacts.bytes(entry.id))).toBe("piece 5");
      const page = await ledger.artifacts.list({ limit: 2 });
      expect(page.map((a) => a.id)).toEqual([artifact(5).id, artifact(4).id]);
      const next = await ledger.artifacts.list({ before: page[1]?.id });
      expect(next.map((a) => a.id)).toEqual([3, 2, 1].map((n) => artifact(n).id));
      expect(await ledger.artifacts.delete(entry.id)).toBe(true);
      expect(await ledger.artifacts.delete(entry.id)).toBe(false);
      expect(await ledger.artifacts.info(entry.id)).toBeUndefined();
      expect(await ledger.artifacts.bytes(entry.id)).toBeUndefined();
    });
  });

  describe("policies", () => {
    it("has a default, keeps others, and knows them again", async () => {
      expect(ledger.policies.get("default")).toEqual(defaultPolicy);
      expect(await ledger.policies.delete("default")).toBe(false);
      const strict = { ...defaultPolicy, name: "strict", keepText: true };
      await ledger.policies.put(strict);
      await ledger.policies.put({ ...defaultPolicy, description: "ours" });
      await expect(ledger.policies.put({ ...strict, name: "Not A Name" })).rejects.toThrow();
      const { policies } = await openOn(database);
      expect(policies.get("strict")).toEqual(strict);
      expect(policies.list().map((p) => p.name)).toEqual(["default", "strict"]);
      expect(policies.get("default")?.description).toBe("ours");
      expect(await policies.delete("default")).toBe(true);
      expect(policies.get("default")).toEqual(defaultPolicy);
      expect(await policies.delete("strict")).toBe(true);
      expect(policies.get("strict")).toBeUndefined();
    });
  });
});

/** The same database, failing on command: before a statement reaches it, or after (the answer is lost). */
function failing(db: Database): { db: Database; state: { fails: "never" | "before" | "after" } } {
  const state = { fails: "never" as "never" | "before" | "after" };
  const wrapped: Database = {
    dialect: db.dialect,
    async query<R>(sql: string, params?: readonly unknown[]): Promise<R[]> {
      if (state.fails === "before") throw new Error("connection lost");
      const rows = await db.query<R>(sql, params);
      if (state.fails === "after") {
        state.fails = "never";
        throw new Error("connection lost");
      }
      return rows;
    },
    exec: (sql) => db.exec(sql),
    transaction: (work) => db.transaction(work),
    close: async () => {},
  };
  return { db: wrapped, state };
}
