/**
 * `film-run.ts BRIEF OUT`: a film in a fresh process, by the engines that the house composes, without the house. Prints seconds since the
 * process began, the most memory that it had at once with all that it started (voice and encoder), and where captions stand.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BriefInput, parseBrief } from "@inkseal/core";
import { creators } from "@inkseal/creators";
import { creatorEngine, espeakEngine, filmEngine, findFfmpeg } from "@inkseal/engines";

const [json, out] = process.argv.slice(2) as [string, string];
const folder = await mkdtemp(join(tmpdir(), "inkseal-bench-film-"));
/** As the house has them. */
const made = creators.map((creator) => creatorEngine(creator, { idle: 100 }));
const speech = espeakEngine({ idle: 500 });
const engine = filmEngine({
  folder,
  ffmpeg: () => findFfmpeg(process.env.PATH),
  speech,
  picture: () => made.find((e) => e.tasks.includes("image")),
  music: () => made.find((e) => e.tasks.includes("music")),
});
const brief = parseBrief(JSON.parse(json) as BriefInput);
const plan = { kind: "plan", version: 1, brief, engine, model: "inkseal-film", seed: 1, warnings: [] } as const;

/** What a process has in memory now, MiB. */
async function memoryOf(pid: number | string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}
let [peak, encoder] = [0, 0];
const watch = setInterval(async () => {
  let [sum, ffmpeg] = [await memoryOf("self"), 0];
  for (const task of await readdir("/proc/self/task").catch(() => []))
    for (const child of (await readFile(`/proc/self/task/${task}/children`, "utf8").catch(() => "")).split(" "))
      if (child !== "") ffmpeg += await memoryOf(child);
  sum += ffmpeg;
  if (sum > peak) [peak, encoder] = [sum, ffmpeg];
}, 50);

let segments: { start: number; end: number; text: string }[] = [];
let filmSeconds = 0;
for await (const batch of engine.generate(plan, new AbortController().signal))
  for (const { media, json: said, usage } of batch) {
    if (media?.mediaType.startsWith("video/")) await writeFile(out, media.bytes);
    if (said !== undefined) ({ segments } = said as { segments: typeof segments });
    filmSeconds = usage?.seconds ?? filmSeconds;
  }
const seconds = performance.now() / 1000;
clearInterval(watch);
await rm(folder, { recursive: true, force: true });
console.log(JSON.stringify({ seconds, peakMib: peak, encoderMib: encoder, filmSeconds, segments }));
process.exit();
