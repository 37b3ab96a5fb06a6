import { randomBytes } from "node:crypto";
import { type Chunk, type Clock, type Engine, idMaker, type Plan } from "@inkseal/core";
import { createGuard } from "@inkseal/guard";
import { createMarker } from "@inkseal/mark";
import type { Database } from "@inkseal/store";
import { ConfigSchema } from "../config.ts";
import type { House } from "../house.ts";
import { fakeLedger } from "./fake-ledger.ts";

const clock: Clock = { now: () => Date.now(), random: (length) => new Uint8Array(randomBytes(length)) };

/** An engine that does as the test says. */
export function scripted(name: string, generate: (plan: Plan, signal: AbortSignal) => AsyncIterable<readonly Chunk[]>): Engine {
  const tasks = ["chat", "image", "speech", "embedding", "image-edit"] as const;
  return { name, place: "embedded", tasks, models: async () => [{ id: "one", tasks }], generate };
}

/** A house with the real guard and marker (unsigned: no key to make) and a ledger in memory. */
export function testHouse(engines: readonly Engine[], limits: Partial<House["config"]["limits"]> = {}): House {
  return {
    config: ConfigSchema.parse({ home: "/nowhere", port: 0, limits }),
    engines,
    guard: createGuard(),
    marker: createMarker({ producer: { code: "INKSEAL" } }),
    ledger: fakeLedger(clock),
    database: { dialect: "pglite" } as Database,
    clock,
    newId: idMaker(clock),
    uploads: undefined as never, // no route under /api touches them
    sealText: (text) => text,
    close: async () => {},
  };
}
