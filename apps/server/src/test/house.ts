import { createHash, randomBytes } from "node:crypto";
import { type Chunk, type Clock, type Engine, idMaker, type Plan, sniff } from "@inkseal/core";
import type { Gate, Guard } from "@inkseal/guard";
import type { Marker } from "@inkseal/mark";
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

const allow = { kind: "decision", version: 1, action: "allow", findings: [], policy: "default" } as const;
const openGate = (): Gate => ({
  push: (chunks) => chunks as never,
  end: () => [],
  media: async (part) => part as never,
  drain: () => [],
  decision: () => allow,
});
const guard: Guard = { check: async (brief) => ({ brief, decision: allow }), open: openGate };
const marker: Marker = {
  seal: async ({ bytes, mediaType }, _policy, { run, artifact }) => ({
    kind: "artifact",
    version: 1,
    id: artifact,
    run,
    mediaType,
    bytes,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    marks: [{ layer: "iptc", method: "test" }],
  }),
  read: async (bytes) => ({ mediaType: sniff(bytes), layers: [], labelClass: 0 }),
};

/** A house whose guard lets everything pass and whose ledger is in memory: the routes are what is tested. */
export function testHouse(engines: readonly Engine[], limits: Partial<House["config"]["limits"]> = {}): House {
  return {
    config: ConfigSchema.parse({ home: "/nowhere", port: 0, limits }),
    engines,
    guard,
    marker,
    ledger: fakeLedger(clock),
    database: { dialect: "pglite" } as Database,
    clock,
    newId: idMaker(clock),
    uploads: undefined as never, // no route under /api touches them
    sealText: (text) => text,
    close: async () => {},
  };
}
