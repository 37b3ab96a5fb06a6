import { randomBytes } from "node:crypto";
import { type Chunk, type Clock, type Engine, idMaker, type Plan } from "@inkseal/core";
import { createGuard } from "@inkseal/guard";
import { openJobs, openLedger, openUploads } from "@inkseal/ledger";
import { createMarker } from "@inkseal/mark";
import { SharedEnergy } from "@inkseal/pipeline";
import { type Database, openBlobs } from "@inkseal/store";
import { memoryDatabase } from "@inkseal/testkit";
import { ConfigSchema } from "../config.ts";
import type { House } from "../house.ts";

const clock: Clock = { now: () => Date.now(), random: (length) => new Uint8Array(randomBytes(length)) };

/** An engine that does as the test says. */
export function scripted(name: string, generate: (plan: Plan, signal: AbortSignal) => AsyncIterable<readonly Chunk[]>): Engine {
  const tasks = ["chat", "image", "speech", "embedding", "image-edit"] as const;
  return { name, place: "embedded", tasks, models: async () => [{ id: "one", tasks }], generate };
}

let shared: Promise<Database> | undefined;

/**
 * A house with everything real but its engines: guard, marker (unsigned: no key to make), ledger, database and blobs
 * in memory. One house at a time: they share a database, and each begins with an empty one.
 */
export async function testHouse(engines: readonly Engine[], limits: Partial<House["config"]["limits"]> = {}): Promise<House> {
  shared ??= memoryDatabase();
  const database = await shared;
  await database.exec("drop schema public cascade; create schema public");
  const blobs = await openBlobs();
  const newId = idMaker(clock);
  const ledger = await openLedger({ database, blobs, clock });
  const marker = createMarker({ producer: { code: "INKSEAL" } });
  return {
    config: ConfigSchema.parse({ home: "/nowhere", port: 0, limits }),
    engines,
    guard: createGuard(),
    marker,
    reader: marker,
    ledger,
    jobs: await openJobs({ database, clock }),
    uploads: await openUploads({ database, blobs, clock, newId }),
    database,
    clock,
    newId,
    energy: async () => new SharedEnergy({ joules: () => 0 }),
    sealText: (text) => text,
    close: () => ledger.close(),
  };
}

/** After the last test of a file. */
export async function closeTestDatabase(): Promise<void> {
  await (await shared)?.close();
  shared = undefined;
}
