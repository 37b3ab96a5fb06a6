/** Makes a film in a process of its own, to be killed: FOLDER TEXT CONTROLS. */
import { parseBrief } from "@inkseal/core";
import { findFfmpeg } from "../src/film/ffmpeg.ts";
import { filmEngine } from "../src/film/film.ts";
import { espeakEngine } from "../src/speech/espeak.ts";

const [folder, text, controls] = process.argv.slice(2) as [string, string, string];
const engine = filmEngine({ folder, ffmpeg: () => findFfmpeg(process.env.PATH), speech: espeakEngine() });
const brief = parseBrief({ task: "video", text, controls: JSON.parse(controls) });
const plan = { kind: "plan", version: 1, brief, engine, model: "inkseal-film", seed: undefined, warnings: [] } as const;
async function run(): Promise<void> {
  for await (const _ of engine.generate(plan, new AbortController().signal));
}
void run();
