import { type InstalledModel, installedModels } from "@inkseal/engines";
import { defineCommand } from "../command.ts";
import { withDesk } from "../desk/desk.ts";
import { exit } from "../exit.ts";
import { sizeOf } from "../make/summary.ts";
import { modelWords as w } from "../words-models.ts";
import { amountOf } from "./amounts.ts";
import { modelsFolder } from "./folder.ts";

/** What an engine calls a model of the folder. */
export const engineName = (model: Pick<InstalledModel, "id" | "kind">): string =>
  `${model.kind === "gguf" ? "llama" : "onnx"}/${model.id}`;

export const list = defineCommand({
  summary: w.list,
  usage: "[NAME]",
  takes: [0, 1],
  options: {
    task: { kind: "text", value: "TASK", help: { "zh-CN": "只看能做某种任务的", en: "only those that do this task" } },
  },
  examples: ["inkseal models list", "inkseal models list espeak --json"],
  run: async (call) => {
    const { screen, say, options, signal } = call;
    const folder = modelsFolder(call);
    const [all, installed] = await Promise.all([withDesk(call, (desk) => desk.models(signal)), installedModels(folder)]);
    const part = call.words[0]?.toLowerCase() ?? "";
    const named = (name: string): boolean => name.toLowerCase().includes(part);
    const here = new Map(installed.models.map((m) => [engineName(m), m]));
    const models = all.models
      .filter((m) => named(m.name) && (options.task === undefined || m.tasks.some((t) => t === options.task)))
      .map((m) => ({ ...m, ...(here.has(m.name) && { bytes: here.get(m.name)!.bytes }) }));
    const taken = new Set(all.models.map((m) => m.name));
    const others =
      options.task === undefined ? installed.models.filter((m) => !taken.has(engineName(m)) && named(engineName(m))) : [];
    screen.value({
      models,
      unavailable: all.unavailable,
      folder,
      installed: installed.models,
      unfinished: installed.unfinished,
    });
    const rows = [
      ...models.map((m) => [m.name, say(w.places[m.place]), m.tasks.join(", "), m.bytes === undefined ? "" : sizeOf(m.bytes)]),
      ...others
        .filter((m) => m.broken === undefined)
        .map((m) => [engineName(m), say(w.places.local), say(w.beside[besideOf(m)]), sizeOf(m.bytes)]),
    ];
    if (rows.length === 0) screen.line(say(w.none));
    else {
      const head = [w.name, w.place, w.tasks, w.size].map(say);
      const sized = rows.some((row) => row[3] !== "");
      screen.table(sized ? head : head.slice(0, 3), rows);
    }
    if (screen.json) return exit.ok;
    for (const { engine, reason } of all.unavailable) screen.note(say(w.unavailable(engine, reason)));
    for (const m of others) if (m.broken !== undefined) screen.note(say(w.broken(engineName(m), m.broken)));
    for (const { file, bytes, total } of installed.unfinished) screen.note(say(w.unfinished(file, amountOf(bytes, total))));
    return exit.ok;
  },
});

const besideOf = ({ type }: InstalledModel): keyof typeof w.beside =>
  type === "adapter" || type === "mmproj" ? type : "model";
