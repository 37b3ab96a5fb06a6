/** Code completion on packages that were held out: how often the rest of a line is exactly right, beside simpler ways, and how long a line takes. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { weightsFolder } from "@inkseal/creators/node";
import {
  CodeTokens,
  cleanSource,
  exactLines,
  installedSources,
  isHeldOut,
  isMeasured,
  isReadable,
  knowNothing,
  lineTasks,
  listedPackages,
  mostFrequentRest,
  type SourcePackage,
} from "@inkseal/creators/train/code";
import { type GptConfig, gptDecoder } from "@inkseal/lab";
import { cpuBackend, loadCompressed } from "@inkseal/lab/node";
import { kept } from "../kept.ts";
import { runJson } from "../lab/table.ts";
import type { Row } from "../run.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
interface Options {
  readonly quick: boolean;
  readonly fresh: boolean;
  log(line: string): void;
}
interface Shares {
  readonly all: number;
  readonly noSuffix: number;
  readonly model: number;
  readonly cache: number;
  readonly frequent: number;
  readonly own: number;
  readonly lines: number;
  readonly ownLines: number;
}

export async function codeExact({ quick, fresh, log }: Options): Promise<Row[]> {
  const digest = createHash("sha256")
    .update(readFileSync(join(weightsFolder("code"), "model.packed.safetensors")))
    .digest("hex");
  const each = quick ? 8 : 60;
  const sources = ["bench/creators/code.ts", "packages/creators/src/code", "packages/creators/train/code"];
  const { value, at, now } = await kept(`code-${digest.slice(0, 12)}-${each}`, { sources, fresh }, () => shares(each));
  if (!now) log(`  code_exact: measured at ${at}`);
  const row = (name: string, share: number, note: string): Row => ({ name, value: share, unit: "share", note });
  const task = `rest of a line, from a random place in ${value.lines} random lines of held-out packages, said exactly`;
  return [
    row("code_exact", value.all, `${task}; model and cache of the package's other files, lines after the gap shown`),
    row("code_exact_left", value.noSuffix, "the same without the lines after the gap"),
    row("code_exact_model", value.model, "the Transformer alone, lines after the gap shown"),
    row("code_exact_cache", value.cache, "the n-gram cache alone"),
    row("code_exact_frequent", value.frequent, "the commonest rest of lines with the same beginning, in training and project"),
    row(
      "code_exact_own",
      value.own,
      `the same as code_exact in ${value.ownLines} lines of this repository's packages, which were not learnt`,
    ),
  ];
}

async function shares(each: number): Promise<Shares> {
  const { config, weights, tokenizer } = await loadCompressed(weightsFolder("code"));
  const tokens = new CodeTokens(tokenizer!);
  const decoder = gptDecoder(cpuBackend({ threads: 1 }), config as GptConfig, weights);
  const all = installedSources(root, listedPackages(weightsFolder("code")));
  const held = all.filter(({ name }, i) => isMeasured(name) && all.findIndex((p) => p.name === name) === i);
  const tasks = lineTasks(held, each, 1000);
  const learnt = all.filter(({ name }) => !isHeldOut(name)).flatMap(({ sources }) => sources.map(({ text }) => text));
  const own = ownPackages();
  const ownTasks = lineTasks(own, each, 2000);
  const options = { decoder, tokens };
  return {
    all: exactLines(held, tasks, options).share,
    noSuffix: exactLines(held, tasks, { ...options, suffix: false }).share,
    model: exactLines(held, tasks, { ...options, cache: false }).share,
    cache: exactLines(held, tasks, { ...options, decoder: knowNothing(decoder) }).share,
    frequent: mostFrequentRest(held, tasks, learnt).share,
    own: exactLines(own, ownTasks, options).share,
    lines: tasks.length,
    ownLines: ownTasks.length,
  };
}

/** This repository's packages, tests and generated files left out. */
function ownPackages(): SourcePackage[] {
  return readdirSync(join(root, "packages")).map((name) => {
    const folder = join(root, "packages", name, "src");
    const files = (readdirSync(folder, { recursive: true }) as string[])
      .filter((f) => /\.ts$/.test(f) && !/\.(test|gen)\.ts$/.test(f))
      .sort();
    const sources = files.map((path) => ({ path, text: cleanSource(readFileSync(join(folder, path), "utf8")) }));
    return { name, version: "", licence: "Apache-2.0", sources: sources.filter(({ text }) => isReadable(text)) };
  });
}

/** Somebody types: a request after each key. What the first request of a file costs is told apart. */
export async function codeLatency({ quick }: Options): Promise<Row[]> {
  const file = fileURLToPath(new URL("code-latency.ts", import.meta.url));
  const { p50, p95, first, requests, peakMib } = await runJson<Latency>(file, [quick ? "4" : "25"]);
  const note = `${requests} requests, one after each key, with the package's files as project; ${peakMib.toFixed(0)} MiB at most`;
  return [
    { name: "code_line_p50_ms", value: p50, unit: "ms", note },
    { name: "code_line_p95_ms", value: p95, unit: "ms", bound: "<50", note },
    {
      name: "code_first_p95_ms",
      value: first,
      unit: "ms",
      note: "the first request in a file: its tokens and the project's are made, the window is read",
    },
  ];
}
interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly first: number;
  readonly requests: number;
  readonly peakMib: number;
}
