import type { Artifact, ArtifactInfo, ChainReport, LedgerRow, Policy, RunRecord } from "@inkseal/core";

export interface RowQuery {
  /** Rows with `seq` below this, newest first. */
  readonly before?: number;
  /** 1 to 500, default 50. */
  readonly limit?: number;
  readonly status?: string;
  readonly task?: string;
  readonly actor?: string;
}

/** Append-only, hash-chained record of every run, with the artifacts, keys and policies that belong to it. */
export interface Ledger {
  /**
   * Adds a record to the chain; resolves with its row once that is durable. Concurrent calls share one commit.
   * Throws `ledger-unavailable`.
   */
  append(record: RunRecord): Promise<LedgerRow>;
  row(run: string): Promise<LedgerRow | undefined>;
  /** The newest row of the one run whose id begins so; undefined when there is none or more than one. */
  rowByRunStart(start: string): Promise<LedgerRow | undefined>;
  rowByOutput(sha256: string): Promise<LedgerRow | undefined>;
  rows(query?: RowQuery): Promise<readonly LedgerRow[]>;
  /** Walks the whole chain and names every changed, removed or reordered row. */
  verify(onProgress?: (done: number, total: number) => void): Promise<ChainReport>;
  readonly artifacts: Artifacts;
  readonly traces: Traces;
  readonly keys: Keys;
  readonly policies: Policies;
  /** Waits for what was appended. The database is the caller's to close. */
  close(): Promise<void>;
}

export interface Artifacts {
  /** Stores the bytes, then the entry. `at` ISO 8601. */
  put(artifact: Artifact, at: string, title?: string): Promise<ArtifactInfo>;
  info(id: string): Promise<ArtifactInfo | undefined>;
  bytes(id: string): Promise<Uint8Array | undefined>;
  list(query?: { readonly before?: string; readonly limit?: number; readonly run?: string }): Promise<readonly ArtifactInfo[]>;
  delete(id: string): Promise<boolean>;
}

/** A print as it was stored. */
export interface StoredPrint {
  readonly run: string;
  readonly artifact: string;
  readonly value: Uint8Array;
}

/** What leads back to sealed pieces after their marks are gone. They stay when an artifact is deleted, as its row does. */
export interface Traces {
  /** Stores what an artifact's `trace` holds. */
  put(artifact: Pick<Artifact, "id" | "run" | "trace">): Promise<void>;
  /** Prints that share a key, at most 1000: those that share most. Of one key 200 are looked at. */
  near(alg: string, keys: readonly number[]): Promise<readonly StoredPrint[]>;
  /** The manifest store that holds this manifest as its active one. */
  manifest(id: string): Promise<Uint8Array | undefined>;
  /** The manifest of a run's artifact, or of its first one. */
  manifestOf(run: string, artifact?: string): Promise<string | undefined>;
}

export type Scope = "create" | "verify" | "read" | "admin";

/** Per calendar period (UTC). Absent means unlimited. */
export interface Budget {
  readonly period: "day" | "month" | "total";
  readonly tokens?: number;
  /** US dollars. */
  readonly cost?: number;
  /** Joules. */
  readonly energy?: number;
}

export interface KeyInfo {
  readonly id: string;
  readonly name: string;
  /** First characters of the key, to tell keys apart. */
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  readonly budget?: Budget;
  /** Requests a minute; absent means unlimited. */
  readonly rate?: number;
  readonly policy?: string;
  /** Models this key may use; absent means all. `engine/*` allowed. */
  readonly models?: readonly string[];
  readonly createdAt: string;
  readonly expiresAt?: string;
  readonly revokedAt?: string;
  readonly spent: { readonly tokens: number; readonly cost: number; readonly energy: number };
}

export type NewKey = Pick<KeyInfo, "name"> &
  Partial<Pick<KeyInfo, "scopes" | "budget" | "rate" | "policy" | "models" | "expiresAt">>;

export interface Keys {
  /** The secret is returned this once and never stored; the database holds its SHA-256. */
  create(key: NewKey): Promise<{ readonly key: KeyInfo; readonly secret: string }>;
  list(): Promise<readonly KeyInfo[]>;
  revoke(id: string): Promise<boolean>;
  /**
   * Whether any key exists that was not revoked: without one the server stays on loopback and asks nobody there who they
   * are. An expired key counts, so that time alone never opens a house. Synchronous, from memory.
   */
  any(): boolean;
  /**
   * The key of a secret, checked for revocation, expiry, rate and budget. From memory, no query on the way.
   * Throws `unauthenticated`, `rate-limited` (with retryAfter), `over-budget`.
   */
  admit(secret: string): KeyInfo;
  /** Books what a run used; written to the database with the run's row or soon after. */
  charge(id: string, used: { readonly tokens?: number; readonly cost?: number; readonly energy?: number }): void;
}

export interface Policies {
  /** The built-in `default` always exists. From memory. */
  get(name: string): Policy | undefined;
  list(): readonly Policy[];
  put(policy: Policy): Promise<void>;
  delete(name: string): Promise<boolean>;
}
