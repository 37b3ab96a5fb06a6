import { readFileSync } from "node:fs";
import type { Health, ModelList } from "@inkseal/client";
import { type Engine, InksealError, type ModelInfo } from "@inkseal/core";
import type { z } from "zod";
import type { House } from "../house.ts";
import { headOf } from "./ledger.ts";

export const version = (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string })
  .version;

export async function healthOf(house: House, startedAt: number): Promise<z.input<typeof Health>> {
  const { rows } = await headOf(house.ledger);
  return {
    status: "ok",
    version,
    uptimeMs: house.clock.now() - startedAt,
    engines: house.engines.map(({ name, place, tasks }) => ({ name, place, tasks: [...tasks] })),
    ledger: { dialect: house.database.dialect, rows },
    auth: house.ledger.keys.any() ? "keys" : "open",
  };
}

/** An engine that does not say what it has within this time is listed as unavailable. */
const patienceMs = 3_000;

export async function modelsOf(house: House, patience = patienceMs): Promise<z.input<typeof ModelList>> {
  const signal = AbortSignal.timeout(patience);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () =>
      reject(new InksealError("upstream-timeout", `no answer within ${patience} ms`, { cause: signal.reason })),
    );
  });
  late.catch(() => {}); // nobody may be waiting any more
  const lists = await Promise.all(
    house.engines.map(async (engine) => {
      try {
        return { engine, models: await Promise.race([engine.models(signal), late]) };
      } catch (thrown) {
        return { engine, models: [], reason: InksealError.from(thrown).message };
      }
    }),
  );
  return {
    models: lists.flatMap(({ engine, models }) => models.map((model) => entryOf(engine, model))),
    unavailable: lists.flatMap(({ engine, reason }) => (reason === undefined ? [] : [{ engine: engine.name, reason }])),
  };
}

const entryOf = (engine: Engine, model: ModelInfo): z.input<typeof ModelList>["models"][number] => ({
  ...model,
  name: `${engine.name}/${model.id}`,
  engine: engine.name,
  place: engine.place,
});
