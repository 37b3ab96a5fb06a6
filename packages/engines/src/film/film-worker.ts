/** The thread that draws, mixes and encodes one film. Its data is a `FilmPlan`; it says `FilmWord`s. */
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { decodeWav, encodeWav } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { drawShot } from "./draw-shot.ts";
import { endingOf, filmArguments, runFfmpeg } from "./ffmpeg.ts";
import { type FilmPlan, type FilmWord, secondsOfShots } from "./plan.ts";
import { soundtrack } from "./soundtrack.ts";

const plan = workerData as FilmPlan;
const say = (word: FilmWord): void => parentPort!.postMessage(word);
let encoder: number | undefined;
const child = (pid: number | undefined): void => {
  encoder = pid;
  if (stopped) stop();
};
/** Ends the encoder; whoever waits for it fails, and with that the film. */
let stopped = false;
function stop(): void {
  stopped = true;
  if (encoder !== undefined) process.kill(encoder, "SIGKILL");
}
parentPort!.once("message", stop);
const at = (name: string): string => join(plan.folder, name);
const there = (name: string): Promise<boolean> =>
  stat(at(name)).then(
    () => true,
    () => false,
  );
/** Makes a file under another name first: it appears only when it is whole. */
async function once(name: string, make: (part: string) => Promise<void>): Promise<void> {
  if (await there(name)) return;
  const part = at(`part-${name}`);
  await make(part);
  await rename(part, at(name));
}

async function film(): Promise<string> {
  const { shots, format, fps } = plan;
  const seconds = secondsOfShots(shots);
  // shots begin on whole frames of the film, so that no rounding adds up
  let [clock, frame] = [0, 0];
  const names: string[] = [];
  for (const [i, shot] of shots.entries()) {
    clock += shot.seconds;
    const frames = Math.round(clock * fps) - frame;
    frame += frames;
    const name = `shot-${i}.${endingOf(plan)}`;
    names.push(name);
    await once(name, (part) =>
      drawShot(plan, i, frames, part, child, (done) =>
        say({
          type: "progress",
          fraction: (0.92 * (clock - shot.seconds + done * shot.seconds)) / seconds,
          note: `${i + 1}/${shots.length}`,
        }),
      ),
    );
  }
  say({ type: "progress", fraction: 0.93, note: "sound" });
  await once("sound.wav", async (part) => {
    const voices = await Promise.all(plan.voices.map(async (v) => ({ at: v.at, pcm: decodeWav(await readFile(at(v.file))) })));
    const music = plan.music === undefined ? undefined : decodeWav(await readFile(at(plan.music)));
    await writeFile(part, encodeWav(soundtrack(seconds, voices, plan.speech, music)));
  });
  say({ type: "progress", fraction: 0.97, note: "film" });
  await writeFile(at("shots.txt"), names.map((n) => `file '${n}'\n`).join(""));
  const name = `film.${endingOf(plan)}`;
  await once(name, (part) =>
    runFfmpeg(plan.ffmpeg, filmArguments(at("shots.txt"), at("sound.wav"), format, seconds, part), child),
  );
  return name;
}

try {
  say({ type: "done", file: await film() });
} catch (error) {
  say({ type: "failed", message: InksealError.from(error).message });
}
// nothing more is heard of: the thread ends
parentPort!.close();
