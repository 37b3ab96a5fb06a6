import type { Artifact } from "@inkseal/core";
import type { Blobs, Database } from "@inkseal/store";
import type { StoredPrint, Traces } from "./contract.ts";

const keyOf = (manifest: string): string => `manifests/${manifest.replace(/[^A-Za-z0-9._-]/g, "_")}`;

/** Prints that are compared, those that share most keys; and of those under one key: one that so many pieces share tells nothing. */
const most = { all: 1000, aKey: 200 };

/**
 * What leads back to sealed pieces: manifest stores among the blobs, prints in the database. A print is filed under the keys that its algorithm
 * gives; a GIN index over them finds the candidates, which whoever asks compares himself. Plain PostgreSQL, no extension.
 */
export function tracesIn(db: Database, blobs: Blobs): Traces {
  return {
    async put({ id, run, trace }: Pick<Artifact, "id" | "run" | "trace">) {
      if (trace?.manifest !== undefined) {
        await blobs.put(keyOf(trace.manifest.id), trace.manifest.store);
        const sql = "insert into ledger_manifests (id, run, artifact) values ($1, $2, $3) on conflict do nothing";
        await db.query(sql, [trace.manifest.id, run, id]);
      }
      for (const { alg, value, keys } of trace?.prints ?? []) {
        const sql = "insert into ledger_prints (alg, run, artifact, value, keys) values ($1, $2, $3, $4, $5::integer[])";
        await db.query(sql, [alg, run, id, value, [...keys]]);
      }
    },
    async near(alg, keys) {
      // A key at a time, as an index is good at it; the planner, left alone, reads the whole table. Measured by `bench/mark/recovery.ts`.
      const sql = `
        select run, artifact, value from ledger_prints where ctid = any(array(
          select place
          from unnest($2::integer[]) as k
          cross join lateral
            (select ctid as place from ledger_prints where keys @> array[k] and alg = $1 limit ${most.aKey}) as p
          group by place order by count(*) desc limit ${most.all}))`;
      const found = await db.transaction(async (tx) => {
        await tx.exec("set local enable_seqscan = off; set local jit = off"); // compiling takes longer than asking
        return await tx.query<StoredPrint & Record<string, unknown>>(sql, [alg, [...new Set(keys)]]);
      });
      return [...new Map(found.map((print) => [`${print.run} ${print.artifact}`, print])).values()];
    },
    async manifest(id) {
      const [entry] = await db.query<{ id: string }>("select id from ledger_manifests where id = $1", [id]);
      return entry && blobs.get(keyOf(id));
    },
    async manifestOf(run, artifact) {
      const sql =
        "select id from ledger_manifests where run = $1 and ($2::text is null or artifact = $2) order by artifact limit 1";
      return (await db.query<{ id: string }>(sql, [run, artifact ?? null]))[0]?.id;
    },
  };
}
