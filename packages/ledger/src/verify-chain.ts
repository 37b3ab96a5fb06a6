import type { ChainFault, ChainReport, RunRecord } from "@inkseal/core";
import type { Database } from "@inkseal/store";
import { columnOf, genesis, outputKeyOf, rowHash } from "./row-hash.ts";
import type { Head } from "./stored-batch.ts";

interface ChainRow {
  readonly seq: number;
  readonly run: string;
  readonly status: string;
  readonly task: string;
  readonly actor: string;
  readonly output_key: string;
  readonly prev: string;
  readonly hash: string;
  readonly record: string;
}

const pageRows = 256;
/** Faults that are listed; a table that was emptied must not fill the memory. */
const maxFaults = 10_000;
/** Damaged rows among which a change of places is looked for: each is hashed at the place of each other. */
const maxMoved = 128;

/**
 * Walks the chain in pages and names every row that was changed, removed or moved. What is evidence of what:
 * - a row's own hash covers its place, its `prev` and its record: any change of one of them shows at that row;
 * - a row rewritten with a hash that fits is denied by the `prev` of its successor, the last one by the head;
 * - a missing number, also behind the last row as far as the head (or `seen`, this process's own memory of it), was removed.
 * Whoever rewrites a row, all rows after it and the head goes unnoticed, unless a head was written down elsewhere.
 */
export async function verifyChain(
  db: Database,
  seen: Head | undefined,
  onProgress?: (done: number, total: number) => void,
): Promise<ChainReport> {
  const [stored] = await db.query<{ seq: number; hash: string }>("select seq, hash from ledger_head");
  const head = seen !== undefined && seen.seq > (stored?.seq ?? -1) ? seen : (stored ?? { seq: 0, hash: genesis });
  const walk = new Walk();
  if (stored === undefined) walk.fault(head.seq, "foreign-head", "the head of the chain was deleted");
  else if (head !== stored) walk.fault(stored.seq, "foreign-head", `the head was set back: this process wrote row ${head.seq}`);

  let rows = 0;
  let from: number | null = null;
  for (;;) {
    const page: ChainRow[] = await db.query<ChainRow>(
      `select seq, run, status, task, actor, output_key, prev, hash, record from ledger_rows
       where ($1::bigint is null or seq > $1) and seq <= $2 order by seq limit ${pageRows}`,
      [from, head.seq],
    );
    for (const row of page) walk.step(row);
    rows += page.length;
    onProgress?.(Math.min(rows, head.seq), head.seq);
    if (page.length < pageRows) break;
    from = page[page.length - 1]?.seq ?? null;
  }
  walk.end(head);

  // one statement, one snapshot: appends go on meanwhile
  const beyond = await db.query<{ seq: number; run: string }>(
    `select seq, run from ledger_rows where seq > greatest($1::bigint, coalesce((select max(seq) from ledger_head), 0))
     order by seq limit 1000`,
    [head.seq],
  );
  for (const { seq, run } of beyond) walk.fault(seq, "foreign-head", "stands behind the head: it was not appended", run);
  const faults = walk.faults();
  return { ok: faults.length === 0, rows, head: head.hash, faults };
}

class Walk {
  readonly #faults = new Map<number, ChainFault>();
  readonly #damaged: ChainRow[] = [];
  readonly #missing: number[] = [];
  #last = { seq: 0, hash: genesis, run: undefined as string | undefined };
  #lastDamaged = false;

  fault(seq: number, fault: ChainFault["fault"], detail: string, run?: string): void {
    if (this.#faults.size < maxFaults && !this.#faults.has(seq)) this.#faults.set(seq, { seq, run, fault, detail });
  }

  step(row: ChainRow): void {
    const { seq, hash, prev } = row;
    const run = runOf(row);
    if (seq < 1) {
      this.fault(seq, "changed", "stands before the first place of the chain", run);
      this.#keep(row);
      return;
    }
    const gap = seq > this.#last.seq + 1;
    if (gap) this.#removed(seq - 1);
    const damage = damageOf(row);
    if (damage !== undefined) {
      this.fault(seq, "changed", damage, run);
      this.#keep(row);
    } else if (!gap && prev !== this.#last.hash && !this.#lastDamaged) {
      if (seq === 1) this.fault(1, "changed", "does not begin the chain: rewritten as a whole", run);
      else this.fault(this.#last.seq, "changed", "rewritten as a whole: the next row attests another hash", this.#last.run);
    }
    this.#last = { seq, hash, run };
    this.#lastDamaged = damage !== undefined;
  }

  end(head: Head): void {
    if (this.#last.seq < head.seq) this.#removed(head.seq);
    else if (this.#last.hash !== head.hash && !this.#lastDamaged)
      this.fault(
        this.#last.seq,
        "foreign-head",
        "the head attests another hash: the last row or the head was rewritten",
        this.#last.run,
      );
  }

  /** In order, after looking which damaged rows are whole at another place. */
  faults(): ChainFault[] {
    const places = [...this.#damaged.map((r) => r.seq), ...this.#missing];
    for (const row of this.#damaged) {
      const home = places.find((seq) => seq !== row.seq && rowHash(seq, row.prev, row.record) === row.hash);
      if (home === undefined) continue;
      this.#faults.set(row.seq, { seq: row.seq, run: runOf(row), fault: "reordered", detail: `was row ${home}` });
    }
    return [...this.#faults.values()].sort((a, b) => a.seq - b.seq);
  }

  #removed(to: number): void {
    for (let seq = this.#last.seq + 1; seq <= to && this.#faults.size < maxFaults; seq++) {
      this.fault(seq, "removed", "is missing");
      if (this.#missing.length < maxMoved) this.#missing.push(seq);
    }
  }

  #keep(row: ChainRow): void {
    if (this.#damaged.length < maxMoved) this.#damaged.push(row);
  }
}

function damageOf(row: ChainRow): string | undefined {
  if (rowHash(row.seq, row.prev, row.record) !== row.hash) return "its hash does not fit its place and contents";
  const record = recordOf(row);
  if (record === undefined) return "its record is not JSON";
  const columns: (readonly [string, string, string])[] = [
    ["run", row.run, columnOf(record.run)],
    ["status", row.status, record.status],
    ["task", row.task, record.task],
    ["actor", row.actor, columnOf(record.actor)],
    ["output_key", row.output_key, outputKeyOf(record.outputDigest)],
  ];
  const wrong = columns.find(([, is, should]) => is !== should);
  return wrong && `its column ${wrong[0]} does not fit its record`;
}

function recordOf(row: ChainRow): RunRecord | undefined {
  try {
    return JSON.parse(row.record) as RunRecord;
  } catch {
    return undefined;
  }
}

/** The record's own run, because the column may be the lie; the column where there is no record to ask. */
function runOf(row: ChainRow): string {
  const run: unknown = recordOf(row)?.run;
  return typeof run === "string" ? run : row.run;
}
