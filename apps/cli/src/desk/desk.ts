import type { ModelList } from "@inkseal/client";
import type {
  Artifact,
  BriefInput,
  ChainReport,
  Chunk,
  Decision,
  Finding,
  InksealError,
  LedgerRow,
  Policy,
  Usage,
  VerifyReport,
} from "@inkseal/core";
import type { KeyInfo, NewKey, RowQuery } from "@inkseal/ledger";
import type { TrainingRecord } from "@inkseal/pipeline";
import type { Globals } from "../command.ts";
import { findServer, homeOf } from "./find-server.ts";

/** What happens while a brief is made, the same from the house in this process and from a server. */
export type DeskEvent =
  | {
      readonly type: "started";
      readonly run: string;
      readonly engine: string;
      readonly model: string;
      readonly warnings: readonly string[];
    }
  | { readonly type: "delta"; readonly chunks: readonly DeskChunk[] }
  | { readonly type: "progress"; readonly fraction?: number; readonly note?: string }
  | { readonly type: "findings"; readonly findings: readonly Finding[] }
  | {
      readonly type: "artifact";
      readonly artifact: Pick<Artifact, "id" | "mediaType" | "sha256" | "bytes" | "marks">;
    }
  | {
      readonly type: "finished";
      readonly run: string;
      readonly row: LedgerRow;
      readonly usage: Usage;
      readonly decision: Decision;
      readonly warnings?: readonly string[];
    }
  | { readonly type: "failed"; readonly run: string; readonly error: InksealError };
export type DeskChunk = Pick<Chunk, "index" | "text" | "vector" | "json" | "finish">;

/**
 * What commands work at. PGlite lets one process in: while a server runs on the data folder the desk speaks with it
 * over HTTP, otherwise it opens the house in this process. Commands cannot tell which.
 */
export interface Desk {
  readonly at: { readonly kind: "house" } | { readonly kind: "server"; readonly url: string; readonly pid: number };
  create(brief: BriefInput, signal: AbortSignal): AsyncIterable<DeskEvent>;
  verify(bytes: Uint8Array, signal: AbortSignal): Promise<VerifyReport>;
  models(signal: AbortSignal): Promise<ModelList>;
  rows(query: RowQuery): Promise<readonly LedgerRow[]>;
  row(run: string): Promise<LedgerRow | undefined>;
  /** Makes a record durable that no run of the pipeline made: a training's. */
  record(record: TrainingRecord): Promise<LedgerRow>;
  checkChain(onProgress: (done: number, total: number) => void, signal: AbortSignal): Promise<ChainReport>;
  /** Every row, oldest first. */
  export(signal: AbortSignal): AsyncIterable<LedgerRow>;
  createKey(key: NewKey): Promise<{ readonly key: KeyInfo; readonly secret: string }>;
  keys(): Promise<readonly KeyInfo[]>;
  /** False when there is no such live key. */
  revokeKey(id: string): Promise<boolean>;
  policies(): Promise<readonly Policy[]>;
  setPolicy(policy: Policy): Promise<void>;
  close(): Promise<void>;
}

export interface DeskCall {
  readonly globals: Globals;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** How long to wait for another command that has the database open, in milliseconds, and how often to look. */
const patience = 20_000;
const pause = 200;

/**
 * The server's desk when one runs on this data folder, else the house's own. Both load only when they are needed.
 * While another command has the database open it waits its turn; after twenty seconds `conflict` is thrown.
 */
export async function openDesk(call: DeskCall): Promise<Desk> {
  const home = homeOf(call);
  const giveUpAt = performance.now() + patience;
  for (;;) {
    const server = await findServer(home);
    if (server !== undefined) return (await import("./remote.ts")).remoteDesk(server);
    try {
      return await (await import("./local.ts")).localDesk(call.env, home);
    } catch (error) {
      if (!isTaken(error) || performance.now() > giveUpAt || call.signal.aborted) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** The database's folder is held by a living process, which may soon be done. Other conflicts do not pass by waiting. */
const isTaken = (error: unknown): boolean =>
  (error as { code?: unknown }).code === "conflict" && /in use by process/.test((error as Error).message);

/** Opens a desk, works at it, and closes it. */
export async function withDesk<T>(call: DeskCall, work: (desk: Desk) => Promise<T>): Promise<T> {
  const desk = await openDesk(call);
  try {
    return await work(desk);
  } finally {
    await desk.close();
  }
}
