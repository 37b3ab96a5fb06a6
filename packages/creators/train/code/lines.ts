/**
 * The task on which code completion is measured: from a random place in a random line of a held-out package, say the rest of the line, exactly.
 * Lines that are blank, shorter than 8 characters or comments are left out; at least 1 character of the line is given (after its indent) and at least
 * 3 are asked for. Given are all of the file before the place, with `suffix` the lines after this one, and the package's other files.
 */
import { type SeededRandom, seededRandom } from "@inkseal/lab";
import type { SourcePackage } from "./sources.ts";

export interface LineTask {
  readonly package: string;
  readonly file: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly rest: string;
}

export function lineTasks(packages: readonly SourcePackage[], each: number, seed: number): LineTask[] {
  return packages.flatMap((p, i) => packageTasks(p, each, seededRandom(seed + i)));
}

function packageTasks({ name, sources }: SourcePackage, each: number, random: SeededRandom): LineTask[] {
  const tasks: LineTask[] = [];
  for (let tries = 0; tasks.length < each && tries < each * 50; tries++) {
    const { path, text } = sources[random.below(sources.length)]!;
    const lines = text.split("\n");
    const at = random.below(lines.length);
    const line = lines[at]!;
    const indent = line.length - line.trimStart().length;
    if (line.trim().length < 8 || /^\s*(\/\/|\*|\/\*)/.test(line)) continue;
    const cut = indent + 1 + random.below(line.length - indent - 3);
    const before = lines.slice(0, at).map((l) => `${l}\n`);
    tasks.push({
      ...{ package: name, file: path, prefix: before.join("") + line.slice(0, cut) },
      ...{ suffix: `\n${lines.slice(at + 1).join("\n")}`, rest: line.slice(cut) },
    });
  }
  return tasks;
}
