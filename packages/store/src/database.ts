import type { Database } from "./contract.ts";
import { openPglite } from "./pglite.ts";
import { openPostgres } from "./postgres.ts";

export interface DatabaseOptions {
  /** `postgres://…` or `postgresql://…`: a server. */
  readonly url?: string;
  /** Without `url`: folder of the embedded database, made when missing. Without either the database is in memory. */
  readonly folder?: string;
  /**
   * File that keeps a fresh, empty embedded cluster: written when missing, used instead of initdb when there
   * (0.8 s instead of 4 s). For tests and images; a cluster copied from it shares its system identifier.
   */
  readonly template?: string;
}

/**
 * Opens the one database of a house: PGlite in a worker thread, or PostgreSQL 14 or newer.
 *
 * `bigint` comes back as number (bigint beyond 2^53), `jsonb` parsed, `bytea` as bytes, `timestamptz` as Date.
 * Parameters: string, number, bigint, boolean, null, bytes, Date and arrays of these; JSON as text.
 * Throws `conflict` when another process has the folder open, RangeError for a URL of another kind.
 * @example const db = await openDatabase({ folder: "/var/lib/inkseal/db" });
 */
export async function openDatabase(options: DatabaseOptions = {}): Promise<Database> {
  if (options.url === undefined) return openPglite(options.folder, options.template);
  if (!/^postgres(ql)?:\/\//.test(options.url)) throw new RangeError("openDatabase: the URL must start with postgres://");
  return openPostgres(options.url);
}
