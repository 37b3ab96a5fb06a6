import type { LedgerRow, RunRecord } from "@inkseal/core";
import type { Database } from "@inkseal/store";
import type { RowQuery } from "./contract.ts";
import { columnOf, outputKeyOf } from "./row-hash.ts";

interface StoredRow {
  readonly seq: number;
  readonly prev: string;
  readonly hash: string;
  readonly record: string;
}

const select = "select seq, prev, hash, record from ledger_rows";

/** What was hashed, and its place. Only the record counts: look-up columns may have been tampered with. */
function rowOf({ seq, prev, hash, record }: StoredRow): LedgerRow {
  return { seq, prev, hash, ...(JSON.parse(record) as RunRecord) };
}

/** The newest row of a run. */
export async function rowOfRun(db: Database, run: string): Promise<LedgerRow | undefined> {
  const [row] = await db.query<StoredRow>(`${select} where run = $1 order by seq desc limit 1`, [columnOf(run)]);
  return row && rowOf(row);
}

/** The newest row of the one run whose id begins with `start`. */
export async function rowOfRunStart(db: Database, start: string): Promise<LedgerRow | undefined> {
  if (!/^run_[0-9a-z]{8,26}$/.test(start)) return undefined;
  const sql = `${select} where run >= $1 and run < $2 order by seq desc limit 20`;
  const rows = (await db.query<StoredRow>(sql, [start, `${start}~`])).map(rowOf);
  return rows.every((row) => row.run === rows[0]?.run) ? rows[0] : undefined;
}

/** The newest row that delivered these exact bytes. */
export async function rowOfOutput(db: Database, sha256: string): Promise<LedgerRow | undefined> {
  if (!/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  const sql = `${select} where output_key = $1 and output_key <> '' order by seq desc limit 10`;
  const rows = await db.query<StoredRow>(sql, [outputKeyOf(sha256)]);
  return rows.map(rowOf).find((r) => r.outputDigest === sha256);
}

/** Newest first. RangeError for a limit outside of 1 to 500. */
export async function listRows(db: Database, query: RowQuery = {}): Promise<readonly LedgerRow[]> {
  const { before, limit = 50, status, task, actor } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > 500) throw new RangeError("rows: limit must be 1 to 500");
  const wanted: string[] = [];
  const params: unknown[] = [];
  const want = (condition: string, value: unknown) => {
    if (value === undefined) return;
    params.push(value);
    wanted.push(`${condition} $${params.length}`);
  };
  want("seq <", before);
  want("status =", status);
  want("task =", task);
  want("actor =", actor === undefined ? undefined : columnOf(actor));
  const where = wanted.length > 0 ? `where ${wanted.join(" and ")}` : "";
  const rows = await db.query<StoredRow>(`${select} ${where} order by seq desc limit ${limit}`, params);
  return rows.map(rowOf);
}
