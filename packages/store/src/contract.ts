/** What a statement runs on: the database itself or a transaction. SQL is PostgreSQL's, parameters are `$1 …`. */
export interface Queryable {
  query<R = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<R[]>;
  /** Several statements without parameters (migrations). */
  exec(sql: string): Promise<void>;
}

/** One database, embedded (PGlite) or a server (PostgreSQL); the same SQL runs on both. */
export interface Database extends Queryable {
  readonly dialect: "pglite" | "postgres";
  /** Of an embedded database on disk: where a commit costs forty times an append to a file, and only one process writes. */
  readonly journal?: Journal;
  /**
   * Commits when `work` resolves, rolls back when it rejects. Serialised on PGlite, where statements outside of the
   * transaction wait for its end: inside `work` use `tx` only.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Lines that outlive a power failure from the moment `append` resolves until their file is cleared. Calls run in order. */
export interface Journal {
  /** What was there at opening, one file after the other; the end of each may be damaged by a power failure. */
  readonly kept: readonly string[];
  /** Lines without line breaks. After a rejection none of them is kept. */
  append(lines: readonly string[]): Promise<void>;
  /** Later lines go to the other file. The answer clears this one: call it once its lines are safe, and before the next turn. */
  turn(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Bytes under keys such as `artifacts/art_01…`. Keys are relative, `/`-separated, never contain `..`. */
export interface Blobs {
  put(key: string, bytes: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
  has(key: string): Promise<boolean>;
  delete(key: string): Promise<void>;
}
