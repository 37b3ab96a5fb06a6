/** `cold-run.ts CREATOR BRIEF`: the first finished piece of a creator in a fresh process, with the engine alone. Prints seconds since the process began and the peak of its memory. */
import { type BriefInput, InksealError, type Plan, parseBrief } from "@inkseal/core";
import { creatorOf } from "@inkseal/creators";
import { nodePlace, weightsFolder } from "@inkseal/creators/node";

const [name, json] = process.argv.slice(2) as [string, string];
const creator = creatorOf(name);
if (creator === undefined) throw new InksealError("internal", `there is no creator ${name}`);
const brief = parseBrief(JSON.parse(json) as BriefInput);
const plan = { kind: "plan", version: 1, brief, model: creator.models[0]!.id, seed: 1, warnings: [] } as Omit<
  Plan,
  "engine"
> as Plan;
const maker = await creator.open(nodePlace(weightsFolder(name), 2));
let characters = 0;
let bytes = 0;
for await (const batch of maker.make(await creator.jobOf(plan, 1), new AbortController().signal))
  for (const { text, media } of batch) {
    characters += text?.length ?? 0;
    bytes += media?.bytes.length ?? 0;
  }
const seconds = performance.now() / 1000; // since the process began
if (characters + bytes === 0) throw new InksealError("internal", `${name} made nothing`);
console.log(JSON.stringify({ seconds, peakMib: process.resourceUsage().maxRSS / 1024, characters, bytes }));
process.exit();
