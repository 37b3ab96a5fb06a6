/**
 * `film-run.ts BRIEF OUT [HANDED]`: a film in a fresh process, by the engines that the house composes and sealed as there, without the house. Prints
 * seconds since the process began, the most memory that it had at once with all that it started (voice, encoder, decoder), until the film is handed over
 * and in all, and where captions stand.
 * HANDED: where the film is written as its engine handed it over.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BriefInput, defaultPolicy, idMaker, type MediaPart, parseBrief } from "@inkseal/core";
import { creators } from "@inkseal/creators";
import { creatorEngine, espeakEngine, filmEngine, findFfmpeg } from "@inkseal/engines";
import { createGuard } from "@inkseal/guard";
import { createMarker } from "@inkseal/mark";
import { ffmpegCoder } from "@inkseal/mark/node";

const [json, out, handed] = process.argv.slice(2) as [string, string, string?];
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
  codedLater: true,
});
const newId = idMaker({ now: Date.now, random: (length) => crypto.getRandomValues(new Uint8Array(length)) });
const marker = createMarker({ producer: { code: "X" }, watermarkKey: new Uint8Array(32).fill(1), video: ffmpegCoder() });
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

async function sealed(part: MediaPart): Promise<Uint8Array> {
  const cleared = await createGuard().open(defaultPolicy).media(part, AbortSignal.timeout(600_000));
  if (cleared === undefined) throw new Error("the guard let no film through");
  const [run, artifact, at] = [newId("run"), newId("art"), new Date().toISOString()];
  const made = { engine: "film", model: "inkseal-film", place: "embedded", source: "trained", locale: "zh-CN" } as const;
  const { bytes, warnings } = await marker.seal(cleared, defaultPolicy, { run, artifact, at, ...made });
  if (warnings !== undefined) throw new Error(warnings.join("; "));
  return bytes;
}

let film: MediaPart | undefined;
let segments: { start: number; end: number; text: string }[] = [];
let filmSeconds = 0;
for await (const batch of engine.generate(plan, new AbortController().signal))
  for (const { media, json: said, usage } of batch) {
    if (media?.mediaType.startsWith("video/")) film = media;
    if (said !== undefined) ({ segments } = said as { segments: typeof segments });
    filmSeconds = usage?.seconds ?? filmSeconds;
  }
const drawn = performance.now() / 1000;
const drawnPeak = { peakMib: peak, encoderMib: encoder };
if (handed !== undefined) await writeFile(handed, film!.bytes);
const handedOver = film!.bytes.length;
const begin = performance.now();
const bytes = await sealed(film!);
const seconds = drawn + (performance.now() - begin) / 1000;
clearInterval(watch);
await writeFile(out, bytes);
await rm(folder, { recursive: true, force: true });
console.log(JSON.stringify({ seconds, drawn, handedOver, ...drawnPeak, sealedPeakMib: peak, filmSeconds, segments }));
process.exit();
