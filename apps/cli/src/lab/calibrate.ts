import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { defineCommand } from "../command.ts";
import { exit } from "../exit.ts";
import { labWords as w } from "../words-lab.ts";
import { modelFolder } from "./model-folder.ts";

/** Measures how well a model tells its own words from people's, which lets `verify` ask it. */
export const calibrate = defineCommand({
  summary: w.calibrate.summary,
  usage: "MODEL TEXT",
  takes: [2, 2],
  first: "files",
  options: {
    count: { kind: "number", min: 20, max: 100_000, whole: true, help: w.calibrate.count },
    tokens: { kind: "number", min: 64, max: 100_000, whole: true, help: w.calibrate.tokens },
    set: { kind: "text", value: "WORDS", help: w.calibrate.set },
    seed: { kind: "number", min: 0, max: 2 ** 48, whole: true, help: w.calibrate.seed },
    threads: { kind: "number", min: 1, max: 1024, whole: true, help: w.threads },
  },
  examples: ['inkseal lab calibrate poems others.txt --set "Tang poems that it did not learn"'],
  run: async (call) => {
    const { options: o, screen, say } = call;
    const [model, file] = call.words as [string, string];
    const folder = modelFolder(call, model);
    const { calibrate: measure } = await import("@inkseal/lab/node");
    const progress = screen.progress(say(w.calibrate.measuring));
    try {
      const { measured } = await measure(folder, {
        people: await readFile(file, "utf8"),
        set: o.set ?? basename(file),
        texts: o.count ?? 100,
        tokens: o.tokens ?? 128,
        seed: o.seed ?? 1,
        threads: o.threads,
      });
      progress.done();
      screen.value({ folder, ...measured });
      screen.pairs([
        [say(w.calibrate.auc), measured.auc.toFixed(3)],
        [say(w.calibrate.found), `${(100 * measured.foundAtOnePercent).toFixed(1)} %`],
        [say(w.calibrate.texts), `${measured.people} + ${measured.machine}, ${measured.tokens} tokens, ${measured.set}`],
      ]);
      return exit.ok;
    } finally {
      progress.done();
    }
  },
});
