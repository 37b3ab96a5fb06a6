import type { ModelEntry, ModelList } from "@inkseal/client";
import { InksealError } from "@inkseal/core";
import { contextOf, type House, loadConfig, openHouse } from "@inkseal/server";
import type { Desk } from "./desk.ts";

/** How long an engine may take to say which models it has, in milliseconds. */
const patience = 10_000;

/** A desk in the house itself, opened in this process. Close it: the database lets one process in. */
export async function localDesk(env: NodeJS.ProcessEnv, home: string): Promise<Desk> {
  const opening = openHouse(await loadConfig(env, { home }));
  const [house, { create, verify }] = await Promise.all([opening, import("@inkseal/pipeline")]);
  const { ledger } = house;
  return {
    at: { kind: "house" },
    create: (brief, signal) => create(brief, contextOf(house, { id: "local", source: "cli" }, signal)),
    verify: (bytes) => verify(bytes, house),
    models: (signal) => modelsOf(house, signal),
    rows: (query) => ledger.rows(query),
    row: (run) => ledger.row(run),
    record: (record) => ledger.append(record),
    checkChain: (onProgress) => ledger.verify(onProgress),
    export: () => oldestFirst(house),
    createKey: (key) => ledger.keys.create(key),
    keys: () => ledger.keys.list(),
    revokeKey: (id) => ledger.keys.revoke(id),
    policies: async () => ledger.policies.list(),
    setPolicy: (policy) => ledger.policies.put(policy),
    close: () => house.close(),
  };
}

async function modelsOf(house: House, signal: AbortSignal): Promise<ModelList> {
  const models: ModelEntry[] = [];
  const unavailable: { engine: string; reason: string }[] = [];
  const asked = house.engines.map(async (engine) => {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
    return (await engine.models(bounded)).map((model) => ({
      ...model,
      name: `${engine.name}/${model.id}`,
      engine: engine.name,
      place: engine.place,
      tasks: [...model.tasks],
    }));
  });
  for (const [i, answer] of (await Promise.allSettled(asked)).entries()) {
    if (answer.status === "fulfilled") models.push(...(answer.value as ModelEntry[]));
    else unavailable.push({ engine: house.engines[i]!.name, reason: InksealError.from(answer.reason).message });
  }
  return { models, unavailable };
}

/** The chain read page by page. The ledger lists newest first, so pages are asked for by the row after their last. */
async function* oldestFirst(house: House): AsyncGenerator<Awaited<ReturnType<House["ledger"]["rows"]>>[number]> {
  const newest = (await house.ledger.rows({ limit: 1 }))[0]?.seq ?? 0;
  const page = 500;
  for (let from = 1; from <= newest; from += page) {
    const rows = await house.ledger.rows({ before: Math.min(from + page, newest + 1), limit: page });
    yield* rows.filter((r) => r.seq >= from).reverse();
  }
}
