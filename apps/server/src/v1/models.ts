import { InksealError, type ModelInfo } from "@inkseal/core";
import type { House } from "../house.ts";

const patienceMs = 3_000;

/** Every model of every engine under its full name `engine/id`; an engine that does not answer in time lists none. */
export async function allModels(
  house: House,
): Promise<readonly (ModelInfo & { engine: string; place: string; name: string })[]> {
  const signal = AbortSignal.timeout(patienceMs);
  const lists = await Promise.all(
    house.engines.map(async (engine) => {
      const models = await engine.models(signal).catch((): readonly ModelInfo[] => []);
      return models.map((m) => ({ ...m, engine: engine.name, place: engine.place, name: `${engine.name}/${m.id}` }));
    }),
  );
  return lists.flat();
}

/** `GET /v1/models`. */
export async function listModels(house: House): Promise<unknown> {
  return { object: "list", data: (await allModels(house)).map(openaiModel) };
}

/** `GET /v1/models/ID`, where the id may hold slashes. */
export async function oneModel(house: House, id: string): Promise<unknown> {
  const found = (await allModels(house)).find((m) => m.name === id || m.id === id);
  if (found === undefined)
    throw new InksealError("unknown-model", `no engine has a model named ${JSON.stringify(id)}`, { param: "model" });
  return openaiModel(found);
}

const openaiModel = (m: ModelInfo & { engine: string; name: string }): unknown => ({
  id: m.name,
  object: "model",
  created: 0,
  owned_by: m.engine,
  inkseal: { tasks: m.tasks, note: m.note },
});
