import { execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { integratedLoudness } from "@inkseal/codec";
import { type BriefInput, type Chunk, type Engine, parseBrief, sniff } from "@inkseal/core";
import { decodedByFfmpeg, ffmpeg, hasFfmpeg, probed } from "@inkseal/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { espeakEngine } from "../speech/espeak.ts";
import { findFfmpeg } from "./ffmpeg.ts";
import { codingOf, filmEngine } from "./film.ts";

let home: string;
const speech = espeakEngine();
let spoken = 0;
/** The embedded voice, counted. */
const counted: Engine = {
  ...speech,
  generate: (plan, signal) => {
    spoken++;
    return speech.generate(plan, signal);
  },
};
let engine: Engine;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "inkseal-film-"));
  engine = filmEngine({ folder: join(home, "jobs"), ffmpeg: () => findFfmpeg(process.env.PATH), speech: counted });
});
afterAll(async () => {
  await speech.close?.();
  await rm(home, { recursive: true, force: true });
});

const small = { size: "256x144", own: { fps: 24 } };
const poem = "静夜思\n\n床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。";

async function film(
  input: Partial<BriefInput>,
  { signal = new AbortController().signal, on = (_: Chunk): unknown => undefined, by = engine } = {},
) {
  const brief = parseBrief({ task: "video", ...input });
  const chunks: Chunk[] = [];
  const plan = { kind: "plan", version: 1, brief, engine: by, model: "inkseal-film", seed: undefined, warnings: [] } as const;
  for await (const batch of by.generate(plan, signal))
    for (const chunk of batch) {
      chunks.push(chunk);
      await on(chunk);
    }
  const files = chunks.flatMap((c) => (c.media === undefined ? [] : [c.media]));
  return {
    chunks,
    files,
    json: chunks.find((c) => c.json !== undefined)?.json as { seconds: number; segments: { start: number }[] },
  };
}

/** Luma of one frame. */
const frameAt = async (bytes: Uint8Array, seconds: number, width: number, height: number): Promise<Uint8Array> => {
  await writeFile(join(home, "look"), bytes);
  const args = [
    "-ss",
    `${seconds}`,
    "-i",
    join(home, "look"),
    "-frames:v",
    "1",
    "-f",
    "rawvideo",
    "-pix_fmt",
    "gray",
    "pipe:1",
  ];
  const grey = ffmpeg(args);
  expect(grey.length).toBe(width * height);
  return grey;
};

it("says what is missing and what to do about it", async () => {
  const without = filmEngine({ folder: home, ffmpeg: async () => undefined, speech });
  await expect(film({ text: poem }, { by: without })).rejects.toMatchObject({
    code: "engine-missing",
    message: expect.stringContaining("apt install ffmpeg"),
  });
  for (const [input, code] of [
    [{ text: "  " }, "bad-request"],
    [{ text: poem, controls: { format: "avi" } }, "cannot-do"],
    [{ text: poem, controls: { size: "127x72" } }, "cannot-do"],
    [{ text: poem, controls: { own: { captions: "loud" } } }, "bad-request"],
    [{ text: "x ".repeat(7000) }, "too-large"],
  ] as const)
    await expect(film(input, { by: without })).rejects.toMatchObject({ code });
});

describe.skipIf(!hasFfmpeg)("films (skipped without ffmpeg)", () => {
  it("a poem as MP4: its title, its couplets, at −16 LUFS, captions beside it", async () => {
    const { files, json, chunks } = await film({ text: poem, controls: small });
    const [mp4, vtt] = files;
    expect([sniff(mp4!.bytes), sniff(vtt!.bytes)]).toEqual(["video/mp4", "text/vtt"]);
    await writeFile(join(home, "poem.mp4"), mp4!.bytes);
    const { streams, format } = probed(join(home, "poem.mp4"));
    expect(streams.map((s) => s.codec_name)).toEqual(["h264", "aac"]);
    expect(streams[0]).toMatchObject({ width: 256, height: 144, r_frame_rate: "24/1", color_space: "bt709" });
    expect(Math.abs(Number(format.duration) - json.seconds)).toBeLessThan(0.1);
    expect(Number(streams[0]!.nb_frames)).toBe(Math.round(json.seconds * 24));
    const both = decodedByFfmpeg(mp4!.bytes);
    const side = (n: number) => both.filter((_, i) => i % 2 === n);
    expect(Math.abs(integratedLoudness({ channels: [side(0), side(1)], rate: 48_000 }) + 16)).toBeLessThan(0.7);
    const fractions = chunks.flatMap((c) => (c.progress?.fraction === undefined ? [] : [c.progress.fraction]));
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(chunks.at(-1)).toMatchObject({ finish: "stop", usage: { characters: poem.length } });
    expect(await readdir(join(home, "jobs"))).toEqual([]); // nothing stays of what is finished

    // the caption is in the picture while it is said, and only then
    const white = (grey: Uint8Array) => grey.subarray(256 * 108).filter((v) => v > 200).length;
    const first = json.segments[0]!.start;
    expect(white(await frameAt(mp4!.bytes, first + 0.6, 256, 144))).toBeGreaterThan(30);
    expect(white(await frameAt(mp4!.bytes, first - 0.4, 256, 144))).toBe(0);
  }, 180_000);

  it("is handed over without loss, where somebody marks and codes it later, and finely where that would be too much", async () => {
    const later = filmEngine({
      folder: join(home, "later"),
      ffmpeg: () => findFfmpeg(process.env.PATH),
      speech,
      codedLater: true,
    });
    const own = { ...small.own, narration: false, music: false, subtitles: "none" };
    for (const [format, codec] of [
      ["mp4", "aac"],
      ["webm", "opus"],
    ] as const) {
      const { files } = await film({ text: "One.", controls: { ...small, format, own } }, { by: later });
      expect(files.map(({ mediaType, as }) => [mediaType, as])).toEqual([[`video/${format}`, `video/${format}`]]);
      expect(sniff(files[0]!.bytes)).toBe(`video/${format}`);
      await writeFile(join(home, "later.film"), files[0]!.bytes);
      const { streams } = probed(join(home, "later.film"));
      expect(streams.map((s) => s.codec_name)).toEqual(["h264", codec]);
      expect(streams[0]).toMatchObject({ profile: "High 4:4:4 Predictive", pix_fmt: "yuv420p" });
    }
    expect([15, 60, 600].map((seconds) => codingOf(1280 * 720 * 25 * seconds))).toEqual(["lossless", "fine", "delivery"]);
  }, 180_000);

  it("WebM over the user's own pictures, upright, without words in the picture", async () => {
    const bytes = await tinyPicture();
    const controls = {
      size: "144x256",
      format: "webm",
      own: { fps: 24, captions: "none", camera: "still", subtitles: "srt" },
    } as const;
    const files = [{ name: "red.png", mediaType: "image/png", bytes, role: "image" }];
    const { files: made } = await film({ text: "Only this one sentence.", files, controls });
    expect(made.map((f) => f.mediaType)).toEqual(["video/webm", "text/srt"]);
    await writeFile(join(home, "own.webm"), made[0]!.bytes);
    expect(probed(join(home, "own.webm")).streams.map((s) => s.codec_name)).toEqual(["vp9", "opus"]);
    const grey = await frameAt(made[0]!.bytes, 1.5, 144, 256);
    // BT.709 luma of pure red, all over
    for (const at of [20 * 144 + 20, 128 * 144 + 72, 230 * 144 + 120]) expect(Math.abs(grey[at]! - 54)).toBeLessThan(8);
  }, 180_000);

  it("goes on after a kill where it was: nothing is said or drawn twice", async () => {
    const text = `${poem}\n\n春眠不觉晓，\n处处闻啼鸟。`;
    const jobs = join(home, "jobs");
    const script = fileURLToPath(new URL("../../test/film-child.ts", import.meta.url));
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
    const child = spawn(process.execPath, ["--import", tsx, script, jobs, text, JSON.stringify(small)], { stdio: "ignore" });
    const shot = async (): Promise<string | undefined> => {
      for (const name of await readdir(jobs).catch(() => []))
        if ((await readdir(join(jobs, name))).includes("shot-1.mp4")) return join(jobs, name, "shot-1.mp4");
      return undefined;
    };
    let found: string | undefined;
    for (let n = 0; n < 1200 && found === undefined; n++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      found = await shot();
    }
    child.kill("SIGKILL");
    expect(found).toBeDefined();
    const made = (await stat(found!)).mtimeMs;
    const before = spoken;
    let seen: number | undefined;
    const { json } = await film(
      { text, controls: small },
      {
        on: async ({ progress }) => {
          if (progress?.note === "sound") seen = (await stat(found!)).mtimeMs;
        },
      },
    );
    expect(spoken).toBe(before);
    expect(seen).toBe(made);
    expect(json.segments.length).toBeGreaterThanOrEqual(6);
  }, 300_000);

  it("stops on abort, its encoder too, and makes another film afterwards", async () => {
    const abort = new AbortController();
    const stopped = film(
      { text: `${poem}\n`, controls: { ...small, seed: 5 } },
      {
        signal: abort.signal,
        on: ({ progress }) => {
          if (progress?.note === "2/3") abort.abort();
        },
      },
    );
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { stdout } = await promisify(execFile)("ps", ["-o", "comm=", "--ppid", `${process.pid}`]).catch(() => ({
      stdout: "",
    }));
    expect(stdout).not.toContain("ffmpeg");
    const silent = { ...small, own: { ...small.own, narration: false, subtitles: "none" } };
    const { files } = await film({ text: "One.", controls: silent });
    expect(files.map((f) => f.mediaType)).toEqual(["video/mp4"]);
  }, 180_000);
});

/** A red picture of 64 × 114. */
async function tinyPicture(): Promise<Uint8Array> {
  const { createCanvas } = await import("@napi-rs/canvas");
  const canvas = createCanvas(64, 114);
  const ink = canvas.getContext("2d");
  ink.fillStyle = "#f00";
  ink.fillRect(0, 0, 64, 114);
  return canvas.toBuffer("image/png");
}
