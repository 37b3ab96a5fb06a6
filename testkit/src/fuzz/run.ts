/**
 * `npm run fuzz -- [TARGET] [--seconds=N] [--seed=N]` fuzzes each parser of strangers' bytes (or those whose names begin with TARGET), guided by what
 * code an input reaches, from the seeds and the kept corpus on. Inputs that reach something new are kept while they are small; one that throws
 * anything but an InksealError, takes too long or too much memory is kept as `fault-…`, and the exit code is 1.
 */
import { fileURLToPath } from "node:url";
import { type FuzzTarget, fuzz, keep, readCorpus } from "./index.ts";

const packages = ["codec", "lab", "mark"];
/** Bytes of one kept input, and of all new ones of a target in one run. */
const kept = { one: 2048, all: 16 * 1024 };

const args = process.argv.slice(2);
const named = args.find((a) => !a.startsWith("--")) ?? "";
const option = (name: string, otherwise: number): number =>
  Number(args.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise);

let faults = 0;
for (const name of packages) {
  const module = new URL(`../../../packages/${name}/test/fuzz.ts`, import.meta.url).href;
  const folder = fileURLToPath(new URL(`../../../packages/${name}/test/corpus`, import.meta.url));
  const { targets } = (await import(module)) as { targets: readonly FuzzTarget[] };
  for (const target of targets) {
    if (!target.name.startsWith(named)) continue;
    const report = await fuzz(
      { module, name: target.name, kept: readCorpus(folder, target.name) },
      { seconds: option("seconds", 60), seed: option("seed", 1) },
    );
    const { runs, blocks, slowest } = report;
    let room = kept.all;
    for (const input of [...report.kept].sort((a, b) => a.length - b.length)) {
      if (input.length > kept.one || (room -= input.length) < 0) continue;
      keep(folder, target.name, input);
    }
    for (const { input, said } of report.faults)
      console.log(`${target.name}: ${said}\n  ${keep(folder, target.name, input, "fault-")}`);
    faults += report.faults.length;
    console.log(
      `${target.name.padEnd(28)} ${String(runs).padStart(8)} runs, blocks ${blocks.first} to ${blocks.last}, slowest ${slowest.toFixed(0)} ms, ${report.kept.length} new inputs, ${report.faults.length} faults`,
    );
  }
}
process.exitCode = faults > 0 ? 1 : 0;
