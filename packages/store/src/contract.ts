/** What a statement runs on: the database itself or a transaction. SQL is PostgreSQL's, parameters are `$1 …`. */
export interface Queryable {
  query<R = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<R[]>;
}

/** One database, embedded (PGlite) or a server (PostgreSQL); the same SQL runs on both. */
export interface Database extends Queryable {
  readonly dialect: "pglite" | "postgres";
  /** Several statements without parameters (migrations). */
  exec(sql: string): Promise<void>;
  /** Commits when `work` resolves, rolls back when it rejects. Serialised on PGlite. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Bytes under keys such as `artifacts/art_01…`. Keys are relative, `/`-separated, never contain `..`. */
export interface Blobs {
  put(key: string, bytes: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
  has(key: string): Promise<boolean>;
  delete(key: string): Promise<void>;
}
