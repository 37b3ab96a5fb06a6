import { createHash } from "node:crypto";
import { InksealError } from "@inkseal/core";
import type { Database } from "./contract.ts";

/** One step of a schema. Never changed once released: add another. */
export interface Migration {
  /** Unique in the whole house, with the package's name first: `ledger/001-chain`. */
  readonly name: string;
  /** Statements of PostgreSQL that also run on PGlite. */
  readonly sql: string;
}

const lockId = 0x1_4b5ea1; // any constant that is ours: the advisory lock of the migrations

/**
 * Runs what has not run yet, in order, all in one transaction; returns the names that ran. Several nodes may start at
 * once on one PostgreSQL: the first migrates, the others wait.
 * Throws `conflict` when a step that has run differs from the one given (SHA-256 of its text).
 */
export async function migrate(db: Database, migrations: readonly Migration[]): Promise<readonly string[]> {
  return db.transaction(async (tx) => {
    if (db.dialect === "postgres") await tx.query("select pg_advisory_xact_lock($1)", [lockId]);
    await tx.exec(
      `create table if not exists inkseal_migrations
         (name text primary key, sha256 text not null, at timestamptz not null default now())`,
    );
    const rows = await tx.query<{ name: string; sha256: string }>("select name, sha256 from inkseal_migrations");
    const done = new Map(rows.map((r) => [r.name, r.sha256]));
    const ran: string[] = [];
    for (const { name, sql } of migrations) {
      const sha256 = createHash("sha256").update(sql).digest("hex");
      const before = done.get(name);
      if (before === sha256) continue;
      if (before !== undefined)
        throw new InksealError(
          "conflict",
          `migration ${name} has run with another text: this database was made by another version`,
        );
      await tx.exec(sql);
      await tx.query("insert into inkseal_migrations (name, sha256) values ($1, $2)", [name, sha256]);
      ran.push(name);
    }
    return ran;
  });
}
