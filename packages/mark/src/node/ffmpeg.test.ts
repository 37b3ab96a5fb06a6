import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cleared, noisyWav, policy, provenance, sample, withMarks } from "../../test/fixtures.ts";
import { scene } from "../../test/scene.ts";
import { createMarker, methods } from "../index.ts";
import { ffmpegCoder } from "./index.ts";

const watermarkKey = new Uint8Array(32).fill(4);
const marker = createMarker({ producer: { code: "X" }, watermarkKey, video: ffmpegCoder() });
const start = provenance.run.slice(0, 17);

test("without ffmpeg a compressed sound gets its metadata alone, and says so", async () => {
  for (const sound of [ffmpegCoder({ ffmpeg: "no-such-ffmpeg", ffprobe: "no-such-ffprobe" }), undefined]) {
    const without = createMarker({ producer: { code: "X" }, watermarkKey, ...(sound && { sound }) });
    const artifact = await without.seal(cleared("audio/mpeg", sample("tone.mp3")), policy, provenance);
    expect(artifact.marks.map((m) => m.layer)).toEqual(["aigc", "iptc"]);
    expect(artifact.warnings?.[0]).toMatch(
      /^the sound itself carries no mark: (no-such-ffprobe was not found|nothing here decodes)/,
    );
  }
});

test("without ffmpeg a film keeps its frames, gets its metadata, and says so", async () => {
  const absent = ffmpegCoder({ ffmpeg: "no-such-ffmpeg", ffprobe: "no-such-ffprobe" });
  for (const video of [absent, undefined]) {
    const without = createMarker({ producer: { code: "X" }, watermarkKey, ...(video && { video }) });
    const artifact = await without.seal(cleared("video/mp4", sample("test.mp4")), policy, provenance);
    expect(artifact.marks.map((m) => m.layer)).toEqual(["aigc", "iptc"]);
    expect(artifact.warnings?.[0]).toMatch(/^the film's frames carry no mark: (ffprobe was not found|nothing here encodes)/);
    const silent = await without.seal(
      cleared("video/mp4", sample("test.mp4")),
      withMarks({ watermark: false, video: "none" }),
      provenance,
    );
    expect(silent.warnings).toBeUndefined();
  }
});

type Handed = Parameters<typeof marker.seal>[0];
const there = spawnSync("ffmpeg", ["-version"]).status === 0 && spawnSync("ffprobe", ["-version"]).status === 0;
describe.skipIf(!there)("with ffmpeg (skipped where it is not on the path)", () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const ffmpeg = (...args: string[]): Buffer => execFileSync("ffmpeg", ["-v", "error", "-y", ...args]);
  const probed = (name: string): string =>
    execFileSync("ffprobe", [
      "-v",
      "error",
      "-count_frames",
      "-select_streams",
      "v:0",
      "-show_entries",
      "stream=width,height,nb_read_frames,r_frame_rate,color_space:format_tags=title",
      "-of",
      "csv",
      at(name),
    ]).toString();
  const sound = (name: string): string => ffmpeg("-i", at(name), "-map", "0:a", "-c", "copy", "-f", "md5", "-").toString();
  let sealed: Awaited<ReturnType<typeof marker.seal>>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "inkseal-film-test-"));
    const { width, height, data } = scene(700, 420, 31);
    await sharp(Buffer.from(data.buffer), { raw: { width, height, channels: 4 } })
      .png()
      .toFile(at("scene.png"));
    const moving = ["-loop", "1", "-r", "12", "-i", at("scene.png"), "-vf", "crop=640:384:x='n':y='n/2'"];
    const coded = "-c:v libx264 -preset ultrafast -crf 10 -pix_fmt yuv420p -colorspace bt709 -c:a aac -metadata title=sea";
    ffmpeg(
      ...moving.slice(0, 6),
      "-f",
      "lavfi",
      "-i",
      "sine=330",
      ...moving.slice(6),
      "-t",
      "2",
      ...coded.split(" "),
      at("film.mp4"),
    );
    sealed = await marker.seal(cleared("video/mp4", new Uint8Array(readFileSync(at("film.mp4")))), policy, provenance);
    writeFileSync(at("sealed.mp4"), sealed.bytes);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("frames carry watermark and label; sound, size, rate, count, colours and title stay", () => {
    expect(sealed.marks.map((m) => m.layer)).toEqual(["watermark", "label", "aigc", "iptc"]);
    expect(sealed.warnings).toBeUndefined();
    expect(probed("sealed.mp4")).toBe(probed("film.mp4"));
    expect(sound("sealed.mp4")).toBe(sound("film.mp4"));
  });

  test("a film without loss, handed over to be coded, is coded once for people: marked, or as it is where the policy wants no marks", async () => {
    const quick = "-t 1 -c:v libx264 -preset ultrafast -qp 0 -pix_fmt yuv420p";
    ffmpeg("-i", at("film.mp4"), ...quick.split(" "), "-c:a", "aac", at("exact.mp4"));
    ffmpeg("-i", at("film.mp4"), ...quick.split(" "), "-c:a", "libopus", at("exact.mkv"));
    const how = (name: string): string =>
      execFileSync("ffprobe", ["-v", "error", "-show_entries", "stream=codec_name,profile,pix_fmt", "-of", "csv=p=0", at(name)])
        .toString()
        .trim();
    expect(how("exact.mp4")).toContain("High 4:4:4 Predictive");
    const handed = (name: string, as: string) => ({ ...cleared(as, new Uint8Array(readFileSync(at(name)))), as }) as Handed;
    for (const wanted of [policy, withMarks({ watermark: false, video: "none" })]) {
      const mp4 = await marker.seal(handed("exact.mp4", "video/mp4"), wanted, provenance);
      writeFileSync(at("coded.mp4"), mp4.bytes);
      expect([mp4.mediaType, how("coded.mp4")]).toEqual(["video/mp4", "h264,High,yuv420p\naac,LC"]);
      expect(Buffer.from(mp4.bytes).indexOf("moov")).toBeLessThan(Buffer.from(mp4.bytes).indexOf("mdat"));
      expect(mp4.marks.some((m) => m.layer === "watermark")).toBe(wanted === policy);
      expect(mp4.warnings).toBeUndefined();
    }
    const webm = await marker.seal(handed("exact.mkv", "video/webm"), policy, provenance);
    writeFileSync(at("coded.webm"), webm.bytes);
    expect([webm.mediaType, how("coded.webm")]).toEqual(["video/webm", "vp9,Profile 0,yuv420p\nopus,unknown"]);
    expect(webm.marks.map((m) => m.layer)).toContain("watermark");
  }, 180_000);

  test("a copy without metadata, coded again and smaller, names its run and shows its label", async () => {
    const copy = "-map_metadata -1 -vf scale=480:-2 -c:v libx264 -preset veryfast -crf 24 -an";
    ffmpeg("-i", at("sealed.mp4"), ...copy.split(" "), at("copy.mp4"));
    const { layers, runStart } = await marker.read(new Uint8Array(readFileSync(at("copy.mp4"))));
    expect(runStart).toBe(start);
    expect(Object.fromEntries(layers.map((l) => [l.layer, l.status]))).toMatchObject({ watermark: "valid", label: "valid" });
    const other = "-c:v libvpx -deadline realtime -cpu-used 8 -t 1 -an";
    ffmpeg("-i", at("film.mp4"), ...other.split(" "), at("other.webm"));
    const unmarked = await marker.read(new Uint8Array(readFileSync(at("other.webm"))));
    expect(Object.fromEntries(unmarked.layers.map((l) => [l.layer, l.status]))).toMatchObject({
      watermark: "absent",
      label: "absent",
    });
  }, 180_000);

  test("a stripped MP3 of a sealed sound is found by its watermark and by its fingerprint; without a decoder by neither", async () => {
    const hearing = createMarker({ producer: { code: "X" }, watermarkKey, sound: ffmpegCoder() });
    const artifact = await hearing.seal(cleared("audio/wav", noisyWav(22_050, 8)), policy, provenance);
    writeFileSync(at("sealed.wav"), artifact.bytes);
    ffmpeg("-i", at("sealed.wav"), "-map_metadata", "-1", "-b:a", "64k", at("copy.mp3"));
    const copy = new Uint8Array(readFileSync(at("copy.mp3")));
    const found = (await hearing.read(copy)).layers.find((l) => l.layer === "watermark");
    expect(found).toMatchObject({ status: "valid", data: { run: start.slice(0, 14) } });
    const [seen] = await hearing.look(copy);
    expect(seen?.probe.distance(artifact.trace!.prints[0]!.value)).toBeLessThan(0.3);
    const deaf = createMarker({ producer: { code: "X" }, watermarkKey });
    expect((await deaf.read(copy)).layers.some((l) => l.layer === "watermark")).toBe(false);
    expect(await deaf.look(copy)).toEqual([]);
  }, 180_000);

  test.each(["mp4", "webm"])(
    "the sound of a film (%s) is marked too, and leads back alone; the frames are left as painted",
    async (name) => {
      writeFileSync(at("voice.wav"), noisyWav(24_000, 6));
      const codecs =
        name === "mp4"
          ? "-c:v libx264 -preset ultrafast -c:a aac"
          : "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus";
      ffmpeg(
        "-loop",
        "1",
        "-i",
        at("scene.png"),
        "-i",
        at("voice.wav"),
        ..."-r 4 -t 6 -vf scale=320:-2 -pix_fmt yuv420p".split(" "),
        ...codecs.split(" "),
        at(`spoken.${name}`),
      );
      const both = createMarker({ producer: { code: "X" }, watermarkKey, video: ffmpegCoder(), sound: ffmpegCoder() });
      const artifact = await both.seal(
        cleared(`video/${name}`, new Uint8Array(readFileSync(at(`spoken.${name}`)))),
        policy,
        provenance,
      );
      expect(artifact.warnings).toBeUndefined();
      expect(artifact.marks.map((m) => m.method)).toContain("inkseal.audio.1");
      expect(artifact.marks.map((m) => m.method)).not.toContain("gb45438.morse");
      writeFileSync(at(`marked.${name}`), artifact.bytes);
      expect(probed(`marked.${name}`).split(",").slice(0, 4)).toEqual(probed(`spoken.${name}`).split(",").slice(0, 4));
      ffmpeg("-i", at(`marked.${name}`), "-vn", "-map_metadata", "-1", at("cut.mp3"));
      const alone = await both.read(new Uint8Array(readFileSync(at("cut.mp3"))));
      expect(alone.runStart).toBe(start.slice(0, 14));
      ffmpeg("-i", at(`marked.${name}`), "-vf", "negate,drawbox=t=fill", "-map_metadata", "-1", at("hidden.mp4"));
      expect((await both.read(new Uint8Array(readFileSync(at("hidden.mp4"))))).runStart).toBe(start.slice(0, 14));
    },
    180_000,
  );

  test.each([
    ["mp3", "audio/mpeg", "libmp3lame"],
    ["m4a", "audio/mp4", "aac"],
    ["opus", "audio/ogg", "libopus"],
    ["ogg", "audio/ogg", "libvorbis"],
    ["flac", "audio/flac", "flac"],
  ])(
    "a %s that came compressed is labelled and marked, and keeps codec, channels, rate, tags and cover",
    async (name, type, encoder) => {
      writeFileSync(at("plain.wav"), noisyWav(24_000, 6));
      const cover = name === "mp3" || name === "m4a" || name === "flac";
      const pictured = cover ? ["-i", at("scene.png"), "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic"] : [];
      const tagged = ["-metadata", "title=sea", "-ac", "2", "-ar", "48000", "-c:a", encoder];
      ffmpeg("-i", at("plain.wav"), ...pictured, "-map", "0:a", ...tagged, at(`came.${name}`));
      const hearing = createMarker({ producer: { code: "X" }, watermarkKey, sound: ffmpegCoder() });
      const artifact = await hearing.seal(cleared(type, new Uint8Array(readFileSync(at(`came.${name}`)))), policy, provenance);
      expect(artifact.warnings).toBeUndefined();
      expect(artifact.marks.map((m) => m.layer)).toEqual(expect.arrayContaining(["watermark", "label", "aigc"]));
      writeFileSync(at(`sealed.${name}`), artifact.bytes);
      const shown = "stream=codec_name,channels,sample_rate,width:format_tags=title:stream_tags=title";
      const told = (file: string) =>
        execFileSync("ffprobe", ["-v", "error", "-show_entries", shown, "-of", "csv", at(file)])
          .toString()
          .split("\n")
          .sort();
      expect(told(`sealed.${name}`)).toEqual(told(`came.${name}`));
      const { layers } = await hearing.read(artifact.bytes);
      expect(Object.fromEntries(layers.map((l) => [l.layer, l.status]))).toMatchObject({ watermark: "valid", label: "valid" });
      const quiet = withMarks({ watermark: false, audio: "none" });
      const silent = await hearing.seal(cleared(type, new Uint8Array(readFileSync(at(`came.${name}`)))), quiet, provenance);
      expect(silent.marks.map((m) => m.layer)).not.toContain("label");
    },
    180_000,
  );

  test("a film is found by the frames and by the sound of a cut of it; a still finds it; without a decoder none does", async () => {
    const seeing = createMarker({ producer: { code: "X" }, video: ffmpegCoder(), sound: ffmpegCoder() });
    const { width, height, data } = scene(700, 420, 32);
    await sharp(Buffer.from(data.buffer), { raw: { width, height, channels: 4 } })
      .png()
      .toFile(at("other.png"));
    const tones = "aevalsrc='0.4*sin(2*PI*(300+200*floor(mod(t*t*3,5)))*t)+0.02*(random(0)-0.5)':s=16000:d=7";
    const twoShots = [
      "-loop",
      "1",
      "-t",
      "4",
      "-r",
      "12",
      "-i",
      at("scene.png"),
      "-loop",
      "1",
      "-t",
      "3",
      "-r",
      "12",
      "-i",
      at("other.png"),
    ];
    const joined = ["-f", "lavfi", "-i", tones, "-filter_complex", "[0][1]concat=n=2,crop=640:384:x='mod(n,60)':y=8"];
    ffmpeg(
      ...twoShots,
      ...joined,
      ..."-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac -shortest".split(" "),
      at("shots.mp4"),
    );
    const artifact = await seeing.seal(
      cleared("video/mp4", new Uint8Array(readFileSync(at("shots.mp4")))),
      withMarks({ video: "none" }),
      provenance,
    );
    const { prints } = artifact.trace!;
    expect(prints.map(({ alg }) => alg)).toEqual(["org.inkseal.pdq.1", "org.inkseal.haitsma.1"]);
    writeFileSync(at("shots-sealed.mp4"), artifact.bytes);
    ffmpeg(
      ..."-ss 1.1 -i".split(" "),
      at("shots-sealed.mp4"),
      ..."-map_metadata -1 -vf scale=480:-2 -c:v libx264 -preset veryfast -crf 30".split(" "),
      at("cut.mp4"),
    );
    const seen = await seeing.look(new Uint8Array(readFileSync(at("cut.mp4"))));
    expect(seen.map(({ print }) => print.alg)).toEqual(prints.map(({ alg }) => alg));
    for (const [i, { probe }] of seen.entries())
      expect(probe.distance(prints[i]!.value), probe.alg).toBeLessThanOrEqual(methods[probe.alg]!.limit);
    ffmpeg(..."-ss 5 -i".split(" "), at("cut.mp4"), ..."-frames:v 1".split(" "), at("still.png"));
    const [still] = await seeing.look(new Uint8Array(readFileSync(at("still.png"))));
    expect(still!.probe.distance(prints[0]!.value)).toBeLessThan(methods[still!.print.alg]!.limit);
    const blind = createMarker({ producer: { code: "X" } });
    expect(await blind.look(artifact.bytes)).toEqual([]);
  }, 180_000);

  test("what is no film is a verdict, and a refusal in words", async () => {
    const broken = sample("test.mp4").slice();
    broken.fill(7, 200);
    await expect(ffmpegCoder().sample(broken, { count: 4, size: 100 })).rejects.toMatchObject({ code: "bad-file" });
    const { layers } = await marker.read(broken);
    expect(layers.find((l) => l.layer === "watermark")).toBeUndefined();
  });
});
