import { InksealError } from "@inkseal/core";
import { writeWhole } from "../atomic.ts";
import { type Call, defineCommand } from "../command.ts";
import { type ExitCode, exit } from "../exit.ts";
import { UsageError } from "../usage-error.ts";
import { words } from "../words.ts";
import { labWords as w } from "../words-lab.ts";
import { modelFolder } from "./model-folder.ts";

const options = {
  count: { kind: "number", min: 1, max: 1e6, whole: true, short: "n", help: w.sample.count },
  label: { kind: "text", value: "CLASS", help: w.sample.label },
  where: { kind: "list", value: "COLUMN=VALUE", help: w.sample.where },
  seed: { kind: "number", min: 0, max: 2 ** 48, whole: true, help: w.sample.seed },
  steps: { kind: "number", min: 1, max: 10_000, whole: true, help: w.sample.steps },
  guidance: { kind: "number", min: 0, max: 100, help: w.sample.guidance },
  output: { kind: "file", short: "o", value: "FILE", help: w.sample.output },
  threads: { kind: "number", min: 1, max: 1024, whole: true, help: w.threads },
} as const;
type SampleCall = Call<typeof options>;

export const sample = defineCommand({
  summary: w.sample.summary,
  usage: "MODEL [-o FILE]",
  takes: [1, 1],
  first: "files",
  options,
  examples: ["inkseal lab sample digits --count 64 -o digits.png", "inkseal lab sample people --where job=Sales --count 100"],
  run,
});

async function run(call: SampleCall): Promise<ExitCode> {
  const { options: o, screen, say } = call;
  const { loadModel, samplePictures, sampleTable } = await import("@inkseal/lab/node");
  const folder = modelFolder(call, call.words[0]!);
  const model = await loadModel(folder);
  const { kind } = model.config;
  if (kind !== "vae" && kind !== "gan" && kind !== "diffusion")
    throw new InksealError("cannot-do", `${folder} holds a ${kind}; samples are drawn by a vae, a gan or a diffusion`);
  const common = {
    ...{ count: o.count ?? 16, seed: o.seed ?? 1 },
    ...(o.threads !== undefined && { threads: o.threads }),
  };
  const { output } = o;
  if ("columns" in model.config && model.config.columns !== undefined) {
    const csv = await sampleTable(model, { ...common, where: conditionsIn(o.where) });
    if (output !== undefined && output !== "-") await writeWhole(output, Buffer.from(csv));
    else if (!screen.json) screen.raw(csv);
    const file = output === undefined || output === "-" ? undefined : output;
    screen.value({ ...common, file: file ?? null, ...(file === undefined && { csv }) });
    if (file !== undefined)
      screen.pairs([[say(words.make.file), `${screen.paint("bold", file)} (${say(w.sample.rows(common.count))})`]]);
    return exit.ok;
  }
  if (output === undefined) throw new UsageError(w.sample.needsFile);
  const { png, width, height } = await samplePictures(model, {
    ...common,
    ...(o.label !== undefined && { label: o.label }),
    ...(o.steps !== undefined && { steps: o.steps }),
    ...(o.guidance !== undefined && { guidance: o.guidance }),
  });
  await writeWhole(output, png);
  screen.value({ ...common, file: output, width, height });
  screen.pairs([
    [say(words.make.file), `${screen.paint("bold", output)} (${say(w.sample.pictures(common.count, `${width}×${height}`))})`],
  ]);
  return exit.ok;
}

function conditionsIn(where: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    where.map((text) => {
      const at = text.indexOf("=");
      if (at < 1) throw new UsageError(w.sample.badWhere(text));
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
