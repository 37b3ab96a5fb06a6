import type { Clock } from "@inkseal/core";
import { type Blobs, type Database, migrate } from "@inkseal/store";
import { artifactsIn } from "./artifacts.ts";
import { Chain } from "./chain.ts";
import type { Ledger } from "./contract.ts";
import { JournalPlace } from "./journal-place.ts";
import { StoredKeys } from "./keys.ts";
import { DatabasePlace } from "./place.ts";
import { StoredPolicies } from "./policies.ts";
import { migrations } from "./schema.ts";
import { listRows, rowOfOutput, rowOfRun, rowOfRunStart } from "./stored-row.ts";
import { tracesIn } from "./traces.ts";
import { verifyChain } from "./verify-chain.ts";

/** How soon a key revoked or a policy changed on one node is known on the others, in milliseconds. */
const reloadMs = 5000;

/**
 * Opens the ledger on a database and a place for bytes, and brings its tables up to date. Several processes may open it
 * on one PostgreSQL.
 * @example const ledger = await openLedger({ database, blobs, clock });
 */
export async function openLedger(house: {
  readonly database: Database;
  readonly blobs: Blobs;
  readonly clock: Clock;
}): Promise<Ledger> {
  const { database, blobs, clock } = house;
  await migrate(database, migrations);
  const { journal } = database;
  const chain = new Chain(journal === undefined ? new DatabasePlace(database) : await JournalPlace.open(database, journal));
  const settled = async <T>(read: () => Promise<T>): Promise<T> => {
    await chain.settled();
    return await read();
  };
  const keys = new StoredKeys(database, clock);
  const policies = new StoredPolicies(database);
  await Promise.all([keys.reload(), policies.reload()]);
  const reload = async () => {
    await Promise.all([keys.reload(), policies.reload()]);
  };
  // PGlite has one process: nobody else changes anything
  const timer = database.dialect === "postgres" ? setInterval(() => void reload().catch(() => {}), reloadMs) : undefined;
  timer?.unref();
  return {
    append: (record) => chain.append(record),
    row: (run) => settled(() => rowOfRun(database, run)),
    rowByRunStart: (start) => settled(() => rowOfRunStart(database, start)),
    rowByOutput: (sha256) => settled(() => rowOfOutput(database, sha256)),
    rows: (query) => settled(() => listRows(database, query)),
    verify: (onProgress) => settled(() => verifyChain(database, chain.newest, onProgress)),
    artifacts: artifactsIn(database, blobs),
    traces: tracesIn(database, blobs),
    keys,
    policies,
    async close() {
      clearInterval(timer);
      await chain.close();
      await keys.flush();
    },
  };
}
