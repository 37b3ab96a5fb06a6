import { type Chunk, type Engine, InksealError, type ModelInfo, type Plan } from "@inkseal/core";
import { ownControls } from "@inkseal/creators";
import { unlessAborted } from "../abort.ts";
import type { Cue } from "../captions/cues.ts";
import { captionTypes, toSrt, toVtt } from "../captions/formats.ts";
import { moveOf } from "./camera.ts";
import { chance, seedOf } from "./chance.ts";
import { FilmControls, filmControlsSchema, sizeOf } from "./controls.ts";
import { JobFolder } from "./job-folder.ts";
import { readingTime, silentCues, type Voice, voiceOf } from "./narration.ts";
import { type Coding, type FilmPlan, type Shot, secondsOfShots } from "./plan.ts";
import { musicOf, pictureOf } from "./sources.ts";
import { type Scene, type Storyboard, storyboardOf } from "./storyboard.ts";
import { drawn } from "./thread.ts";

export interface FilmOptions {
  /** Unfinished films are kept here. */
  readonly folder: string;
  /** Path of ffmpeg; undefined where there is none. */
  ffmpeg(): Promise<string | undefined>;
  /** An engine of the task `speech` that tells the times of words (`captions: "json"` of its own controls). */
  readonly speech: Engine;
  /** Of the task `image`, and of `music`; looked for when a film is made. */
  picture?(): Engine | undefined;
  music?(): Engine | undefined;
  /** Whoever seals the films marks their frames and codes them: they are handed over for that (`MediaPart.as`), where they are short enough. */
  readonly codedLater?: boolean;
}

/** Part of the file's version: films made by another version of this engine are not gone on with. */
const version = 2;
const longestText = 12_000;
const mostScenes = 80;
const titleSeconds = 3.2;
/** Seconds of a shot before its first word. */
const leadIn = 0.5;
const shortest = 2.4;
/**
 * Bytes that are handed over to be coded later, at most, about: they are held in memory. And what a pixel takes of them, measured on painted grounds: so
 * 19 s of 720p are without loss, 83 s fine (0.4 dB of what coding takes in all), and longer films are coded for people twice.
 */
const handedOver = 128 * 2 ** 20;
const bytesOf = { lossless: 0.3, fine: 0.07 };
/** How a film's progress is shared out. */
const share = { voices: 0.12, pictures: 0.22 } as const;

const note = "Tells a poem, a script or a story as a film: spoken by the embedded voice, with captions, over your pictures or ink-wash grounds painted by rules. Moves the camera over stills; people and things do not move."; // biome-ignore format: one sentence

/**
 * Films: a text becomes scenes, each spoken, shown and captioned; one file, and its captions as a second one. Made of other engines, and
 * of ffmpeg for encoding. Node only. What is finished is kept until the whole is, so that the same brief goes on after a kill.
 */
export function filmEngine(options: FilmOptions): Engine {
  // one after the other: a film takes every core
  let turn: Promise<unknown> = Promise.resolve();
  const info: ModelInfo = {
    id: "inkseal-film",
    tasks: ["video"],
    inputs: ["text", "image"],
    languages: ["zh", "en"],
    formats: ["video/mp4", "video/webm"],
    controls: filmControlsSchema,
    licence: "Apache-2.0",
    note,
  };
  return {
    name: "film",
    place: "embedded",
    inProcess: true,
    tasks: ["video"],
    ignores: ["temperature", "topP", "topK", "minP", "maxTokens", "negative", "steps", "guidance", "quality"],
    models: async () => [info],
    async *generate(plan: Plan, signal: AbortSignal): AsyncGenerator<readonly Chunk[]> {
      let done: () => void = () => undefined;
      const before = turn;
      turn = Promise.all([before, new Promise<void>((resolve) => (done = resolve))]);
      try {
        await unlessAborted(before, signal);
        yield* make(options, plan, signal);
      } finally {
        done();
      }
    },
  };
}

async function* make(options: FilmOptions, plan: Plan, signal: AbortSignal): AsyncGenerator<readonly Chunk[]> {
  const { brief } = plan;
  const own = ownControls(FilmControls, plan);
  const text = brief.text ?? "";
  const { format, size, board } = asked(plan, text);
  const ffmpeg = await options.ffmpeg();
  if (ffmpeg === undefined)
    throw new InksealError("engine-missing", "films need ffmpeg, which is not on the search path; install it (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg) and see `inkseal doctor`"); // biome-ignore format: one sentence
  const pictures = brief.files.filter((f) => f.mediaType.startsWith("image/"));
  const seed = plan.seed ?? seedOf(text);
  const { own: _, ...common } = brief.controls;
  const key = { version, text, common, own, seed, model: plan.model, later: options.codedLater === true };
  const job = await JobFolder.open(options.folder, key, pictures.map((f) => f.bytes)); // biome-ignore format: one line
  const [title, author] = [own.title ?? board.title, own.author ?? board.author];
  const scenes: readonly Scene[] = board.scenes;
  const says = (fraction: number, words: string): readonly Chunk[] => [{ index: 0, progress: { fraction, note: words } }];

  // verse is said more slowly
  const paced = { ...brief.controls, speed: brief.controls.speed ?? (board.kind === "poem" ? 0.85 : 1) };
  const voices: (Voice | undefined)[] = [];
  for (const [i, { words }] of scenes.entries()) {
    yield says((share.voices * i) / scenes.length, `voice ${i + 1}/${scenes.length}`);
    voices.push(own.narration && words !== "" ? await voiceOf(options.speech, job, i, words, paced, signal) : undefined);
  }
  const random = chance(seed);
  // a script that names pictures says where each belongs; others take them in turn
  const named = scenes.some((scene) => scene.picture !== undefined);
  const shots: Shot[] = [];
  const timed: { at: number; voice: Voice; file: string }[] = [];
  const cues: Cue[] = [];
  if (title !== undefined)
    shots.push({ seconds: titleSeconds, shows: `${title} ${scenes[0]?.shows ?? ""}`, seed, move: moveOf(own.camera, 2, random), cues: [], title: { text: title, ...(author !== undefined && { author }) } }); // biome-ignore format: a shot
  for (const [i, scene] of scenes.entries()) {
    yield says(share.voices + ((share.pictures - share.voices) * i) / scenes.length, `picture ${i + 1}/${scenes.length}`);
    const voice = voices[i];
    const at = secondsOfShots(shots);
    const spoken = voice === undefined ? readingTime(scene.words) : voice.seconds;
    const seconds = Math.max(shortest, leadIn + spoken + own.pause);
    const own_cues = voice === undefined ? silentCues(scene.words, spoken) : voice.cues;
    const placed = own_cues.map((c) => ({ ...c, from: c.from + leadIn, to: Math.min(c.to + leadIn, seconds) }));
    cues.push(...placed.map((c) => ({ ...c, from: c.from + at, to: c.to + at })));
    if (voice !== undefined) timed.push({ at: at + leadIn, voice, file: `voice-${i}.wav` });
    const picture = await pictureOf(
      options.picture?.(),
      job,
      i,
      scene,
      pictures,
      named || pictures.length === 0 ? undefined : pictures[i % pictures.length],
      own.pictures,
      { seed: seed + i, size, style: brief.controls.style },
      signal,
    );
    shots.push({ seconds, shows: scene.shows, seed: seed + 977 * (i + 1), move: moveOf(own.camera, i, random), cues: own.captions === "burnt" ? placed : [], ...(picture !== undefined && { picture }) }); // biome-ignore format: a shot
  }
  yield says(share.pictures, "music");
  const music =
    own.music === false
      ? undefined
      : await musicOf(
          options.music?.(),
          job,
          typeof own.music === "string" ? own.music : `${title ?? ""} ${text.slice(0, 200)}`,
          secondsOfShots(shots),
          seed,
          signal,
        );
  const coding =
    options.codedLater === true ? codingOf(size.width * size.height * own.fps * secondsOfShots(shots)) : "delivery";
  const film: FilmPlan = {
    folder: job.path,
    ffmpeg,
    ...size,
    fps: own.fps,
    format: format === "video/webm" ? "webm" : "mp4",
    coding,
    shots,
    voices: timed.map(({ at, file }) => ({ at, file })),
    speech: timed.map(({ at, voice }) => [at + voice.from, at + voice.to] as const),
    ...(music !== undefined && { music }),
    words: [...new Set([...cues.map((c) => c.text), title ?? "", author ?? ""].join(""))].join(""),
  };
  let file: string | undefined;
  for await (const word of drawn(film, signal)) {
    if (word.type === "progress") yield says(share.pictures + (1 - share.pictures) * word.fraction, word.note);
    if (word.type === "done") file = word.file;
  }
  const bytes = await job.read(file!);
  if (bytes === undefined) throw new InksealError("internal", "the film is gone from its folder");
  const chunks: Chunk[] = [{ index: 0, media: { mediaType: format, bytes, last: true, ...(coding !== "delivery" && { as: format }) }, json: { kind: board.kind, seconds: secondsOfShots(shots), segments: cues.map((c, id) => ({ id, start: c.from, end: c.to, text: c.text })) } }]; // biome-ignore format: a chunk
  if (own.subtitles !== "none" && cues.length > 0) {
    const written = new TextEncoder().encode(own.subtitles === "srt" ? toSrt(cues) : toVtt(cues));
    chunks.push({ index: 0, media: { mediaType: captionTypes[own.subtitles], bytes: written, last: true } });
  }
  chunks.push({ index: 0, finish: "stop", usage: { characters: text.length, seconds: secondsOfShots(shots) } });
  await job.remove();
  yield chunks;
}

/** How a film of so many pixels in all its frames is handed over to be coded later. */
export const codingOf = (pixels: number): Coding =>
  (["lossless", "fine"] as const).find((coding) => pixels * bytesOf[coding] < handedOver) ?? "delivery";

/** The brief's format, size and scenes. Throws `bad-request`, `cannot-do`, `too-large`. */
function asked({ brief }: Plan, text: string): { format: string; size: { width: number; height: number }; board: Storyboard } {
  if (text.trim() === "") throw new InksealError("bad-request", "there are no words to film", { param: "text" });
  if (text.length > longestText)
    throw new InksealError("too-large", `${text.length} characters; film takes ${longestText}`, { param: "text" });
  const named = /^(?:video\/)?(mp4|webm)$/.exec(brief.controls.format ?? "mp4")?.[1];
  if (named === undefined)
    throw new InksealError("cannot-do", `film writes video/mp4 and video/webm, not ${brief.controls.format}`, {
      param: "format",
    });
  const size = sizeOf(brief.controls.size);
  if (size === undefined)
    throw new InksealError("cannot-do", `film draws even sizes from 128 to 1920x1080 pixels (1280x720, 720x1280, 1080x1080), not ${brief.controls.size}`, { param: "size" }); // biome-ignore format: one sentence
  const board = storyboardOf(text);
  if (board.scenes.length === 0) throw new InksealError("bad-request", "there are no scenes in these words", { param: "text" });
  if (board.scenes.length > mostScenes)
    throw new InksealError("too-large", `${board.scenes.length} scenes; film takes ${mostScenes}`, { param: "text" });
  return { format: `video/${named}`, size, board };
}
