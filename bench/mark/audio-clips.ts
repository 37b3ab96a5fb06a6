/** Ten-second clips: readings, an orchestra, jazz, a trumpet, the embedded voices and synthesised music; mono and stereo, 16 to 48 kHz. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseRiff, readChannels, wavFormat, writeChannels, writeRiff } from "@inkseal/codec";
import { BriefSchema, type Engine } from "@inkseal/core";
import { espeakEngine, fliteEngine } from "@inkseal/engines";

const shared = fileURLToPath(new URL("../../../shared/data/audio/", import.meta.url));

export interface Sound {
  readonly channels: Float32Array[];
  readonly rate: number;
}

/** 16-bit PCM. */
export function readWav(file: string): Sound {
  const riff = parseRiff(readFileSync(file));
  const format = wavFormat(riff);
  return { channels: readChannels(riff.chunks.find((c) => c.id === "data")!.data, format), rate: format.rate };
}

export function writeWav(file: string, { channels, rate }: Sound): void {
  const format = { encoding: "int", bits: 16, channels: channels.length, rate } as const;
  const fmt = new DataView(new ArrayBuffer(16));
  fmt.setUint16(0, 1, true);
  fmt.setUint16(2, channels.length, true);
  fmt.setUint32(4, rate, true);
  fmt.setUint32(8, rate * channels.length * 2, true);
  fmt.setUint16(12, channels.length * 2, true);
  fmt.setUint16(14, 16, true);
  const chunks = [
    { id: "fmt ", data: new Uint8Array(fmt.buffer), offset: 0 },
    { id: "data", data: writeChannels(channels, format), offset: 0 },
  ];
  writeFileSync(file, writeRiff({ form: "WAVE", chunks, trailing: new Uint8Array(0) }));
}

export const ffmpeg = (...args: string[]): void => void execFileSync("ffmpeg", ["-v", "error", "-y", ...args]);
export const sox = (...args: string[]): void =>
  void execFileSync("sox", ["-D", ...args], { stdio: ["ignore", "ignore", "pipe"] });

/** Files of ten seconds, made in `folder` where they are not there. */
export async function clips(folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const made: string[] = [];
  const clip = async (name: string, make: (file: string) => void | Promise<void>): Promise<void> => {
    const file = join(folder, `${name}.wav`);
    if (!existsSync(file)) await make(file);
    made.push(file);
  };
  const cut =
    (source: string, from: number, ...options: string[]) =>
    (file: string) =>
      ffmpeg("-ss", `${from}`, "-t", "10", "-i", join(shared, source), "-map", "0:a", ...options, "-c:a", "pcm_s16le", file);
  const strings = "Hungarian_Dance_number_5_-_Allegro_in_F_sharp_minor_(string_orchestra).hq.ogg";
  const jazz = "Kevin_MacLeod_-_Vibe_Ace.hq.ogg";
  await clip("reading-woman-16k", cut("198-209-0000.hq.ogg", 0.5));
  await clip("strings-44k-stereo", cut(strings, 11));
  await clip(
    "voice-zh-22k",
    voice(
      espeakEngine(),
      "zh",
      "今天天气很好，我们一起去公园散步。湖边的柳树已经发芽，孩子们在草地上放风筝。老人坐在长椅上晒太阳，讲着从前的故事。",
    ),
  );
  await clip("jazz-44k-stereo", cut(jazz, 13));
  await clip("reading-man-16k", cut("3436-172162-0000.hq.ogg", 6.5));
  await clip("melody-48k-stereo", melody);
  await clip("jazz-48k-mono", cut(jazz, 37, "-ar", "48000", "-ac", "1"));
  await clip("strings-32k-mono", cut(strings, 33, "-ar", "32000", "-ac", "1"));
  await clip("voice-en-22k", voice(espeakEngine(), "en", northWind));
  await clip("trumpet-44k-stereo", (file) =>
    ffmpeg(
      "-stream_loop",
      "3",
      "-i",
      join(shared, "sorohanro_-_solo-trumpet-06.hq.ogg"),
      "-t",
      "10",
      "-map",
      "0:a",
      "-c:a",
      "pcm_s16le",
      file,
    ),
  );
  await clip("voice-rms-16k", voice(fliteEngine(), "rms", northWind));
  await clip("strings-44k-start", cut(strings, 0));
  return made;
}

const northWind =
  "The north wind and the sun were disputing which was the stronger, when a traveller came along wrapped in a warm cloak. They agreed that the one who first succeeded in making the traveller take his cloak off should be considered stronger than the other.";

const voice = (engine: Engine, model: string, text: string) => async (file: string) => {
  const brief = BriefSchema.parse({ task: "speech", text });
  const plan = { kind: "plan", version: 1, engine, model, brief, seed: undefined, warnings: [] } as const;
  for await (const chunks of engine.generate(plan, new AbortController().signal))
    for (const { media } of chunks) if (media !== undefined) writeFileSync(`${file}.whole.wav`, media.bytes);
  await engine.close?.();
  sox(`${file}.whole.wav`, file, "trim", "0", "10");
};

/** Plucked notes over a held chord, with reverberation. */
function melody(file: string): void {
  const notes = "C3 G3 E4 A3 D4 F4 G3 B3 C4 E3 A3 C4 F3 A4 G4 C5".split(" ");
  const parts = notes.map((note, i) => {
    const part = `${file}.${i}.wav`;
    sox("-n", "-r", "48000", "-c", "1", "-b", "16", part, "synth", "0.625", "pluck", note);
    return part;
  });
  sox(...parts, `${file}.notes.wav`);
  sox(
    "-n",
    "-r",
    "48000",
    "-c",
    "1",
    "-b",
    "16",
    `${file}.pad.wav`,
    "synth",
    "10",
    "sawtooth",
    "130.8",
    "synth",
    "10",
    "triangle",
    "mix",
    "196",
    "lowpass",
    "1800",
    "gain",
    "-20",
  );
  sox("-m", `${file}.notes.wav`, `${file}.pad.wav`, "-c", "2", "-b", "16", file, "reverb", "40", "gain", "-n", "-4");
}
