import { hexOf, type Riff, readChannels, type WavFormat, wavFormat, writeChannels } from "@inkseal/codec";
import type { LayerVerdict } from "@inkseal/core";
import { detectAudio, falseAlarm } from "../watermark/audio/detect.ts";
import { embedAudio, shortest } from "../watermark/audio/embed.ts";
import { runOfTime, timeOfRun } from "../watermark/run-id.ts";

export const watermarkMethod = "inkseal.audio.1";

const absent = (detail: string): LayerVerdict => ({
  layer: "watermark",
  method: watermarkMethod,
  status: "absent",
  detail,
  data: {},
});

/** PCM data with the audio watermark; undefined for too short a sound. */
export function embedInSamples(data: Uint8Array, format: WavFormat, run: string, key: Uint8Array): Uint8Array | undefined {
  const channels = readChannels(data, format);
  if (channels[0]!.length < shortest * format.rate) return undefined;
  return writeChannels(embedAudio(channels, format.rate, timeOfRun(run), key), format);
}

export async function detectInWave(riff: Riff, key: Uint8Array): Promise<LayerVerdict> {
  const data = riff.chunks.find((c) => c.id === "data");
  if (data === undefined) return absent("the file has no samples");
  const format = wavFormat(riff);
  return soundVerdict(readChannels(data.data, format), format.rate, key);
}

/** What the key's mark in a sound says. */
export function soundVerdict(channels: readonly Float32Array[], rate: number, key: Uint8Array): LayerVerdict {
  const found = detectAudio(channels, rate, key);
  if (found === undefined)
    return absent("not found: it was never there, or was lost; below 2 s and after neural codecs it cannot be told");
  const { payload, chance, tempo, semitones } = found;
  return {
    layer: "watermark",
    method: watermarkMethod,
    status: "valid",
    detail: `this house's watermark is in the sound; as clear a one comes by chance in less than ${chance.toExponential(0)} of files`,
    data: { ...(payload && { payload: hexOf(payload), ...madeAt(payload) }), chance, falseAlarm, tempo, semitones },
  };
}

function madeAt(payload: Uint8Array): { run: string; madeAt: string } {
  const { run, ms } = runOfTime(payload);
  return { run, madeAt: new Date(ms).toISOString() };
}
