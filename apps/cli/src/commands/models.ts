import { defineCommand, type Group } from "../command.ts";
import { withDesk } from "../desk/desk.ts";
import { exit } from "../exit.ts";
import { words } from "../words.ts";

const list = defineCommand({
  summary: words.models.list,
  usage: "[NAME]",
  takes: [0, 1],
  options: {
    task: { kind: "text", value: "TASK", help: { "zh-CN": "只看能做某种任务的", en: "only those that do this task" } },
  },
  examples: ["inkseal models list", "inkseal models list espeak --json"],
  run: async (call) => {
    const { screen, say, options, signal } = call;
    const all = await withDesk(call, (desk) => desk.models(signal));
    const part = call.words[0]?.toLowerCase() ?? "";
    const models = all.models.filter(
      (m) => m.name.toLowerCase().includes(part) && (options.task === undefined || m.tasks.some((t) => t === options.task)),
    );
    screen.value({ models, unavailable: all.unavailable });
    if (models.length === 0) screen.line(say(words.models.none));
    else {
      screen.table(
        [words.models.name, words.models.place, words.models.tasks].map(say),
        models.map((m) => [m.name, say(words.models.places[m.place]), m.tasks.join(", ")]),
      );
    }
    if (!screen.json) {
      for (const { engine, reason } of all.unavailable) screen.note(say(words.models.unavailable(engine, reason)));
    }
    return exit.ok;
  },
});

export const models: Group = { summary: words.command.models, commands: { list } };
