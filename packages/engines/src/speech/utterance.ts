import { type Chunk, InksealError, type Plan } from "@inkseal/core";
import type { Job, SpeakingProcess } from "./speaking-process.ts";
import { wavOf } from "./wav.ts";

/** Characters of one brief; at the default pace about two hours. */
const longestText = 100_000;
export const formats = ["audio/wav", "audio/pcm"] as const;

/**
 * The words of a brief spoken: progress sentence by sentence, then the whole file. Throws `bad-request` without words,
 * `too-large` past 100,000 characters, `cannot-do` for another format than WAV and raw PCM (16-bit mono).
 */
export async function* utter(
  name: string,
  { brief }: Plan,
  process: SpeakingProcess,
  jobOf: (text: string) => Job,
  signal: AbortSignal,
): AsyncGenerator<readonly Chunk[]> {
  const { text = "", controls } = brief;
  if (text.trim() === "") throw new InksealError("bad-request", "there are no words to speak", { param: "input" });
  if (text.length > longestText)
    throw new InksealError("too-large", `${text.length} characters; ${name} takes ${longestText}`, { param: "input" });
  const format = controls.format ?? "audio/wav";
  if (!/^(audio\/)?(x-)?(wav|wave|pcm)$/.test(format))
    throw new InksealError("cannot-do", `${name} writes ${formats.join(" and ")}, not ${format}`, { param: "response_format" });
  const pcm = /pcm$/.test(format);
  for await (const { done = 0, of = 1, samples, sampleRate = 22_050 } of process.speak(jobOf(text), signal)) {
    if (samples === undefined) {
      yield [{ index: 0, progress: { fraction: done / of } }];
      continue;
    }
    const bytes = pcm ? new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength) : wavOf(samples, sampleRate);
    yield [
      {
        index: 0,
        media: { mediaType: pcm ? "audio/pcm" : "audio/wav", bytes, last: true },
        finish: "stop",
        usage: { characters: text.length, seconds: samples.length / sampleRate },
      },
    ];
  }
}
