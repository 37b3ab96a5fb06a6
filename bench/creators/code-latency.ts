/**
 * Line completion while somebody types: `code-latency.ts LINES` types the rest of so many lines of held-out packages key by key (at most 24 keys a line) and
 * asks for the line after each, with the package's other files as the project and the lines after the gap. Milliseconds from the job to its finished line.
 */
import { fileURLToPath } from "node:url";
import { creatorOf } from "@inkseal/creators";
import { nodePlace, weightsFolder } from "@inkseal/creators/node";
import { type CodeJob, installedSources, isMeasured, lineTasks, listedPackages } from "@inkseal/creators/train/code";

const lines = Number(process.argv[2]);
const all = installedSources(fileURLToPath(new URL("../..", import.meta.url)), listedPackages(weightsFolder("code")));
const held = all.filter(({ name }, i) => isMeasured(name) && all.findIndex((p) => p.name === name) === i);
const maker = await creatorOf("code")!.open(nodePlace(weightsFolder("code"), 1));
const never = new AbortController().signal;
const wishes = {
  lines: 1,
  balance: true,
  original: false,
  stop: [],
  maxTokens: 64,
  choices: 1,
  temperature: undefined,
  topP: 0.95,
  seed: 1,
};
const [first, next]: [number[], number[]] = [[], []];
const each = Math.max(1, Math.round(lines / held.length));
for (const { name, sources } of held)
  for (const task of lineTasks([{ name, version: "", licence: "", sources }], each, 3000)) {
    const files = sources.filter(({ path }) => path !== task.file).map(({ path, text }) => ({ name: path, text }));
    for (let keys = 0; keys < Math.min(24, task.rest.length); keys++) {
      const job: CodeJob = { ...wishes, prefix: task.prefix + task.rest.slice(0, keys), suffix: task.suffix, files };
      const began = performance.now();
      for await (const _ of maker.make(job, never));
      (keys === 0 ? first : next).push(performance.now() - began);
    }
  }
const at = (list: number[], share: number): number => list.sort((a, b) => a - b)[Math.floor((list.length - 1) * share)]!;
const peakMib = process.resourceUsage().maxRSS / 1024;
console.log(
  JSON.stringify({ p50: at(next, 0.5), p95: at(next, 0.95), first: at(first, 0.95), requests: next.length, peakMib }),
);
process.exit();
