/** What a statement runs on: the database itself or a transaction. SQL is PostgreSQL's, parameters are `$1 …`. */
export interface Queryable {
  query<R = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<R[]>;
  /** Several statements without parameters (migrations). */
  exec(sql: string): Promise<void>;
}

/** One database, embedded (PGlite) or a server (PostgreSQL); the same SQL runs on both. */
export interface Database extends Queryable {
  readonly dialect: "pglite" | "postgres";
  /**
   * Commits when `work` resolves, rolls back when it rejects. Serialised on PGlite, where statements outside of the
   * transaction wait for its end: inside `work` use `tx` only.
   */
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
