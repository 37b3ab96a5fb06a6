import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gramsCo2e } from "@inkseal/core";
import type { TrainEvent } from "@inkseal/lab";
import { defineCommand } from "../command.ts";
import { exit } from "../exit.ts";
import { energyOf, massOf } from "../make/summary.ts";
import { labWords as w } from "../words-lab.ts";
import { bytesOf, countOf, heldOut } from "./amounts.ts";
import { modelFolder } from "./model-folder.ts";

export const info = defineCommand({
  summary: w.info.summary,
  usage: "MODEL",
  takes: [1, 1],
  first: "files",
  options: {},
  examples: ["inkseal lab info poems"],
  run: async (call) => {
    const { screen, say } = call;
    const [path] = call.words;
    const { loadCompressed } = await import("@inkseal/lab/node");
    const folder = modelFolder(call, path!);
    const { config, weights, made, tokenizer } = await loadCompressed(folder);
    const parameters = [...weights.values()].reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);
    const bytes = await weightBytes(folder);
    const trained = await trainingOf(folder);
    screen.value({
      folder,
      kind: config.kind,
      parameters,
      compression: made ?? null,
      bytes,
      config,
      vocab: tokenizer?.vocab ?? null,
      training: trained ?? null,
    });
    const { layers, width, context } = config as { layers?: number; width?: number; context?: number };
    screen.pairs([
      [say(w.model), screen.paint("bold", folder)],
      [say(w.info.kind), config.kind],
      [say(w.info.parameters), countOf(parameters)],
      [say(w.info.shape), layers === undefined ? undefined : say(w.info.layers(layers, width!))],
      [say(w.info.context), context === undefined ? undefined : say(w.tokens(context))],
      [say(w.info.vocabulary), tokenizer && say(w.tokens(tokenizer.vocab))],
      [say(w.info.size), bytes === undefined ? undefined : `${bytesOf(bytes)}${made === undefined ? "" : ` (${made})`}`],
      [say(w.info.training), trained && say(w.info.trained(trained.step, energyOf(trained.joules), massOf(trained.gramsCo2e)))],
      [say(w.train.heldLong), trained?.loss === undefined ? undefined : heldOut(trained.loss, config.kind, say)],
    ]);
    return exit.ok;
  },
});

async function weightBytes(folder: string): Promise<number | undefined> {
  for (const name of ["model.safetensors", "model.packed.safetensors"]) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found !== undefined) return found.size;
  }
  return undefined;
}

/** What the log of the training that made a model says, where it lies beside it. */
async function trainingOf(
  folder: string,
): Promise<{ step: number; joules: number; gramsCo2e: number; loss: number | undefined } | undefined> {
  const text = await readFile(join(dirname(folder), "log.jsonl"), "utf8").catch(() => "");
  let [step, joules, loss] = [0, 0, undefined as number | undefined];
  for (const line of text.split("\n")) {
    let event: TrainEvent;
    try {
      event = JSON.parse(line) as TrainEvent;
    } catch {
      continue; // the last line of a killed process
    }
    if (event.type === "step") step = event.step;
    if (event.type === "evaluation" && !(loss! < event.loss)) loss = event.loss;
    if ("joules" in event) joules = event.joules;
  }
  return step === 0 ? undefined : { step, joules, gramsCo2e: gramsCo2e(joules), loss };
}
