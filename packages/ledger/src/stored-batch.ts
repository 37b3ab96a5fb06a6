import type { LedgerRow } from "@inkseal/core";
import type { Queryable } from "@inkseal/store";
import { columnOf, outputKeyOf } from "./row-hash.ts";

/** The end of the chain. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** A row in its place in the chain. */
export interface Entry {
  readonly row: LedgerRow;
  /** Canonical JSON of its record: what was hashed. */
  readonly text: string;
}

/**
 * One statement moves the head and writes the batch behind it, or does neither when the head is not where this process
 * believes it: several processes may append to one PostgreSQL. The batch comes as one text a column, a line a row
 * (canonical JSON has no raw line breaks), which costs the main thread next to nothing to build.
 * $1 new hash, $2 old seq, $3 old hash, $4 rows, $5 … lines.
 */
const appendSql = `
  with moved as (
    update ledger_head set seq = $2::bigint + $4::bigint, hash = $1 where seq = $2::bigint and hash = $3 returning 1),
  lines as (
    select * from unnest(
      string_to_array($5, E'\\n'), string_to_array($6, E'\\n'), string_to_array($7, E'\\n'), string_to_array($8, E'\\n'),
      string_to_array($9, E'\\n'), string_to_array($10, E'\\n'), string_to_array($11, E'\\n'))
    with ordinality as l (run, status, task, actor, output_key, hash, record, n)),
  kept as (
    insert into ledger_rows (seq, run, status, task, actor, output_key, prev, hash, record)
    select $2::bigint + n, coalesce(run, ''), coalesce(status, ''), coalesce(task, ''), coalesce(actor, ''),
           coalesce(output_key, ''), lag(l.hash, 1, $3) over (order by n), l.hash, record
    from lines l, moved order by n
    returning 1)
  select count(*)::int as kept from kept`;

/** Writes `batch` behind `head`; false when the stored head is another. */
export async function writeBatch(db: Queryable, head: Head, batch: readonly Entry[]): Promise<boolean> {
  const lines = (value: (row: LedgerRow) => string) => batch.map(({ row }) => value(row)).join("\n");
  const [answer] = await db.query<{ kept: number }>(appendSql, [
    batch[batch.length - 1]?.row.hash,
    head.seq,
    head.hash,
    batch.length,
    lines((r) => columnOf(r.run)),
    lines((r) => r.status),
    lines((r) => r.task),
    lines((r) => columnOf(r.actor)),
    lines((r) => outputKeyOf(r.outputDigest)),
    lines((r) => r.hash),
    batch.map((e) => e.text).join("\n"),
  ]);
  return answer?.kept === batch.length;
}

/** Whether a batch is stored after all: its connection may have gone after the commit. Hashes make the question exact. */
export async function isStored(db: Queryable, batch: readonly Entry[]): Promise<boolean> {
  const { seq, hash } = (batch[batch.length - 1] as Entry).row;
  return (await db.query("select 1 from ledger_rows where seq = $1 and hash = $2", [seq, hash])).length > 0;
}

/** The head as stored. Throws when its row is gone. */
export async function readHead(db: Queryable, lock: "" | "for update" = ""): Promise<Head> {
  const [head] = await db.query<Head & Record<string, unknown>>(`select seq, hash from ledger_head ${lock}`);
  if (head === undefined) throw new Error("the head of the chain is missing; run `inkseal ledger verify`");
  return head;
}
