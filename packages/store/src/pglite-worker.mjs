// PGlite behind a message port, so that its WebAssembly never holds up the main thread. Plain JavaScript: a worker starts
// without tsx's and vitest's loaders. Messages are in pglite.ts.
//
// Durability: PGlite runs with fsync off and its file system has no fsync. Here fsync is on and reaches the disk
// (SyncedNodeFs), so a commit that was answered outlives a power failure as it does on a PostgreSQL server.
// Single-user mode has no checkpointer and no autovacuum: `keepUp` does both.

import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parentPort, threadId, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

/** Emscripten's number for EIO. */
const eio = 29;

class SyncedNodeFs extends NodeFS {
  async init(pg, options) {
    const made = await super.init(pg, options);
    made.emscriptenOpts.preRun.push((module) => {
      // Called for fsync(2) only: fdatasync(2) does nothing in this build, hence wal_sync_method=fsync below.
      module.NODEFS.stream_ops.fsync = (stream) => {
        try {
          fdatasyncSync(stream.nfd);
          return 0;
        } catch {
          return eio; // PostgreSQL panics, the worker ends, and recovery at reopening tells what was kept
        }
      };
    });
    return made;
  }
}

const settings = (durable) => [
  ...PGlite.defaultStartParams.filter((p) => p !== "-F"),
  // one backend: small buffers, no replication, and no compiling of queries that take microseconds
  ..."shared_buffers=16MB wal_buffers=1MB max_connections=5 jit=off wal_level=minimal max_wal_senders=0 wal_sync_method=fsync"
    .split(" ")
    .flatMap((s) => ["-c", s]),
  "-c",
  `fsync=${durable ? "on" : "off"}`,
];

const open = (folder, tar) =>
  PGlite.create({
    ...(folder === undefined ? {} : { fs: new SyncedNodeFs(folder) }),
    ...(tar === undefined ? {} : { loadDataDir: new Blob([tar]) }),
    startParams: settings(folder !== undefined),
  });

/** fsync of everything below: initdb's files were written without. */
function syncTree(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else syncPath(path);
  }
  syncPath(folder);
}
function syncPath(path) {
  if (process.platform === "win32") return;
  const fd = openSync(path, "r");
  fsyncSync(fd);
  closeSync(fd);
}

/** A fresh cluster in `folder`, or as tar bytes. Runs in a worker of its own: initdb leaves half a gigabyte behind. */
async function make({ folder, template }) {
  const known = template !== undefined && existsSync(template) ? readFileSync(template) : undefined;
  if (known !== undefined && folder === undefined) return known;
  const db = await open(folder, known);
  let tar;
  if (known === undefined && (template !== undefined || folder === undefined)) {
    await db.exec("checkpoint");
    tar = new Uint8Array(await (await db.dumpDataDir("none")).arrayBuffer());
    if (template !== undefined) {
      const half = `${template}.${process.pid}.${threadId}`;
      writeFileSync(half, tar);
      renameSync(half, template);
    }
  }
  await db.close();
  if (folder !== undefined) syncTree(folder);
  return folder === undefined ? tar : undefined;
}

const walBetweenCheckpoints = 64 * 1024 * 1024; // recovery reads at most this much, well under a second
const callsBetweenLooks = 256;

/** Checkpoints by amount of log, and freezes old rows long before transaction ids (2^31) run out. */
function keepUp(db) {
  let calls = 0;
  let mark;
  return async () => {
    if (mark !== undefined && ++calls < callsBetweenLooks) return;
    calls = 0;
    const look = await db.query(
      `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as wal,
              (select age(datfrozenxid) from pg_database where datname = current_database()) as age`,
    );
    const { wal, age } = look.rows[0];
    mark ??= wal;
    if (wal - mark < walBetweenCheckpoints) return;
    if (age > 500_000_000) await db.exec("vacuum (freeze)");
    await db.exec("checkpoint");
    mark = wal;
  };
}

async function serve({ folder, tar }) {
  const db = await open(folder, tar);
  const upkeep = folder === undefined ? async () => {} : keepUp(db);
  let inTransaction = false;
  const verbs = {
    query: async ({ sql, params }) => (await db.query(sql, params)).rows,
    exec: async ({ sql }) => void (await db.exec(sql)),
    begin: async () => {
      await db.exec("begin");
      inTransaction = true;
    },
    commit: async () => {
      const [result] = await db.exec("commit");
      inTransaction = false;
      if (result?.command === "ROLLBACK") throw new Error("the transaction had failed and was rolled back");
    },
    rollback: async () => {
      await db.exec("rollback");
      inTransaction = false;
    },
    close: () => db.close(),
  };
  let last = Promise.resolve();
  parentPort.on("message", (message) => {
    last = last.then(async () => {
      try {
        const rows = await verbs[message.verb](message);
        parentPort.postMessage({ id: message.id, rows });
        if (message.verb === "close") parentPort.close();
        else if (!inTransaction) await upkeep();
      } catch (error) {
        parentPort.postMessage({ id: message.id, error: describe(error) });
        // After a panic the WebAssembly instance must not be used again; the main thread starts another worker.
        if (!db.ready || error instanceof WebAssembly.RuntimeError || /^(PANIC|FATAL)$/.test(error?.severity ?? ""))
          process.exit(1);
      }
    });
  });
}

function describe(error) {
  const { message, code, severity, detail, constraint } = error ?? {};
  return { message: message ?? String(error), code, severity, detail, constraint };
}

try {
  const tar = workerData.job === "make" ? await make(workerData) : await serve(workerData);
  parentPort.postMessage({ ready: true, tar });
} catch (error) {
  parentPort.postMessage({ error: describe(error) });
  process.exit(1);
}
