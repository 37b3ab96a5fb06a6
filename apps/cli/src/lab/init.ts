import { open } from "node:fs/promises";
import { basename, join } from "node:path";
import { defineCommand } from "../command.ts";
import { exit } from "../exit.ts";
import { nearest } from "../suggest.ts";
import { UsageError } from "../usage-error.ts";
import { words } from "../words.ts";
import { labWords as w } from "../words-lab.ts";
import { labFolder } from "./model-folder.ts";
import { type Sample, samples } from "./samples.ts";

export const init = defineCommand({
  summary: w.init.summary,
  usage: "KIND [--data FILE] [-o FILE]",
  takes: [1, 1],
  first: Object.keys(samples),
  options: {
    data: { kind: "file", value: "FILE", help: w.init.data },
    from: { kind: "file", value: "DIR", help: w.init.from },
    teacher: { kind: "file", value: "DIR", help: w.init.teacher },
    output: { kind: "file", short: "o", value: "FILE", help: w.init.output },
  },
  examples: [
    "inkseal lab init gpt --data poems.txt -o poems.json",
    "inkseal lab init student --data poems.txt --teacher ~/.inkseal/lab/poems/model -o small-poems.json",
  ],
  run: async (call) => {
    const { options, screen, say } = call;
    const [kind] = call.words;
    if (!Object.hasOwn(samples, kind!))
      throw new UsageError(w.init.unknown(kind!, Object.keys(samples).join(", ")), nearest(kind!, Object.keys(samples)));
    const sample: Sample = samples[kind as keyof typeof samples];
    const file = options.output ?? `${kind}.json`;
    const config = { ...sample(options), out: join(labFolder(call), basename(file, ".json")) };
    const handle = await open(file, "wx").catch((error: NodeJS.ErrnoException) => {
      throw error.code === "EEXIST" ? new UsageError(w.init.exists(file)) : error;
    });
    await handle.writeFile(`${JSON.stringify(config, null, 2)}\n`).finally(() => handle.close());
    screen.value({ file, config });
    screen.pairs([[say(words.make.file), screen.paint("bold", file)]]);
    if (!screen.json) screen.note(say(w.init.next(file)));
    return exit.ok;
  },
});
