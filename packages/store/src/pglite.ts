import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import type { Database, Journal, Queryable } from "./contract.ts";
import { openJournal } from "./journal.ts";
import { lockFolder } from "./lock.ts";

type Verb = "query" | "exec" | "begin" | "commit" | "rollback" | "close";
interface Failure {
  readonly message: string;
  readonly code?: string;
}
/** What pglite-worker.mjs says: `ready` once, then one answer for each call. */
interface Answer {
  readonly id?: number;
  readonly rows?: unknown[];
  readonly error?: Failure;
  readonly ready?: true;
  readonly tar?: Uint8Array;
}
interface Call {
  readonly resolve: (rows: unknown[]) => void;
  readonly reject: (error: Error) => void;
}

function start(workerData: Record<string, unknown>): { worker: Worker; ready: Promise<Answer> } {
  // no loaders of the parent: the worker is plain JavaScript and starts a tenth of a second sooner without them
  const worker = new Worker(new URL("./pglite-worker.mjs", import.meta.url), { workerData, execArgv: [], name: "pglite" });
  const ready = new Promise<Answer>((resolveReady, reject) => {
    const hear = (answer: Answer) => (answer.error ? reject(failure(answer.error)) : resolveReady(answer));
    worker.once("message", hear); // `once`: removeAllListeners would also remove Node's own
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the embedded database stopped while starting (exit ${code})`)));
  });
  return { worker, ready };
}

const failure = ({ message, ...rest }: Failure): Error => Object.assign(new Error(message), rest);

/** Runs initdb (or unpacks the template) in a worker of its own; whole or not at all: made aside, then renamed. */
async function makeCluster(cluster: string | undefined, template: string | undefined): Promise<Uint8Array | undefined> {
  const aside = cluster && `${cluster}.new`;
  if (aside) {
    rmSync(aside, { recursive: true, force: true });
    mkdirSync(aside, { recursive: true, mode: 0o700 });
  }
  const { worker, ready } = start({ job: "make", folder: aside, template: template && resolve(template) });
  const { tar } = await ready;
  await worker.terminate();
  if (aside && cluster) renameSync(aside, cluster);
  return tar;
}

/** Opens the embedded database of `folder` (`cluster/` and a lock), or one in memory. */
export async function openPglite(folder: string | undefined, template?: string): Promise<PgliteDatabase> {
  if (folder === undefined) {
    const tar = await makeCluster(undefined, template);
    return PgliteDatabase.open({ job: "serve", tar }, undefined, () => {});
  }
  const unlock = lockFolder(folder);
  try {
    const cluster = resolve(folder, "cluster");
    if (!existsSync(join(cluster, "PG_VERSION"))) await makeCluster(cluster, template);
    const journal = await openJournal(resolve(folder, "journal"));
    return await PgliteDatabase.open({ job: "serve", folder: cluster }, journal, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/**
 * The main thread's end. Calls go to the worker in order; a transaction shuts the gate for all others. When the worker
 * dies every open call rejects, and the next one starts a new worker, which recovers from the log on disk.
 */
export class PgliteDatabase implements Database {
  readonly dialect = "pglite";
  readonly journal: Journal | undefined;
  readonly #data: Record<string, unknown>;
  readonly #unlock: () => void;
  readonly #calls = new Map<number, Call>();
  #worker: Worker | undefined;
  #starting: Promise<void> | undefined;
  #gate: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #serial = 0;

  static async open(data: Record<string, unknown>, journal: Journal | undefined, unlock: () => void): Promise<PgliteDatabase> {
    const db = new PgliteDatabase(data, journal, unlock);
    await db.#start();
    return db;
  }

  constructor(data: Record<string, unknown>, journal: Journal | undefined, unlock: () => void) {
    this.#data = data;
    this.journal = journal;
    this.#unlock = unlock;
  }

  async query<R = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<R[]> {
    while (this.#gate !== undefined) await this.#gate;
    return this.#call("query", sql, params) as Promise<R[]>;
  }

  async exec(sql: string): Promise<void> {
    while (this.#gate !== undefined) await this.#gate;
    await this.#call("exec", sql);
  }

  async transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    while (this.#gate !== undefined) await this.#gate;
    let open = () => {};
    this.#gate = new Promise((r) => (open = r));
    let worker: Worker | undefined;
    const inside = (verb: Verb, sql?: string, params?: readonly unknown[]): Promise<unknown[]> => {
      // after a crash a new worker would run the rest outside of the transaction
      if (worker === undefined || worker !== this.#worker) return Promise.reject(new Error("the transaction is over"));
      return this.#call(verb, sql, params);
    };
    const tx: Queryable = {
      query: <R>(sql: string, params?: readonly unknown[]) => inside("query", sql, params) as Promise<R[]>,
      exec: async (sql) => void (await inside("exec", sql)),
    };
    try {
      await this.#call("begin");
      worker = this.#worker;
      const value = await work(tx);
      await inside("commit");
      return value;
    } catch (error) {
      await inside("rollback").catch(() => {});
      throw error;
    } finally {
      worker = undefined;
      this.#gate = undefined;
      open();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends the worker at once, as a crash does. For tests. */
  async crash(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #close(): Promise<void> {
    while (this.#gate !== undefined) await this.#gate;
    const worker = this.#worker;
    if (worker !== undefined) {
      const gone = new Promise((r) => worker.once("exit", r));
      await this.#send(worker, "close").catch(() => {});
      worker.ref();
      await gone;
    }
    await this.journal?.close();
    this.#unlock();
  }

  async #start(): Promise<void> {
    const { worker, ready } = start(this.#data);
    await ready;
    worker.on("message", (answer: Answer) => this.#answer(answer));
    let cause: unknown;
    worker.on("error", (error) => (cause = error));
    worker.on("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
      const calls = [...this.#calls.values()];
      this.#calls.clear();
      for (const call of calls) call.reject(new Error("the embedded database stopped", { cause }));
    });
    worker.unref(); // an idle database keeps no process alive
    this.#worker = worker;
  }

  async #call(verb: Verb, sql?: string, params?: readonly unknown[]): Promise<unknown[]> {
    if (this.#closing !== undefined) throw new Error("the database is closed");
    if (this.#worker === undefined) {
      if (this.journal === undefined) throw new Error("the database in memory stopped, and its contents are gone");
      this.#starting ??= this.#start().finally(() => (this.#starting = undefined));
      await this.#starting;
      return this.#call(verb, sql, params);
    }
    return this.#send(this.#worker, verb, sql, params);
  }

  #send(worker: Worker, verb: Verb, sql?: string, params?: readonly unknown[]): Promise<unknown[]> {
    return new Promise((resolveCall, reject) => {
      const id = ++this.#serial;
      worker.postMessage({ id, verb, sql, params: params?.map((p) => p ?? null) });
      if (this.#calls.size === 0) worker.ref();
      this.#calls.set(id, { resolve: resolveCall, reject });
    });
  }

  #answer({ id, rows, error }: Answer): void {
    const call = this.#calls.get(id ?? 0);
    if (call === undefined) return;
    this.#calls.delete(id ?? 0);
    if (this.#calls.size === 0) this.#worker?.unref();
    if (error === undefined) call.resolve(rows ?? []);
    else call.reject(failure(error));
  }
}
