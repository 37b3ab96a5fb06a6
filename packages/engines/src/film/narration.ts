import { decodeWav, secondsOf } from "@inkseal/codec";
import { type Engine, InksealError, localeOfText, type Plan } from "@inkseal/core";
import { type Cue, cuesOf, type TimedWord } from "../captions/cues.ts";
import type { JobFolder } from "./job-folder.ts";
import { madeBy } from "./makers.ts";

/** Seconds of a shot that has no words. */
const silentSeconds = 4;

/** A scene as it is said; times in its own recording. */
export interface Voice {
  readonly seconds: number;
  readonly from: number;
  readonly to: number;
  readonly cues: readonly Cue[];
}

/** A scene said aloud: sound in the job's folder, times here. */
export async function voiceOf(
  engine: Engine,
  job: JobFolder,
  i: number,
  words: string,
  { voice, language, speed, pitch }: Plan["brief"]["controls"],
  signal: AbortSignal,
): Promise<Voice> {
  const name = `voice-${i}`;
  const kept = await job.read(`${name}.json`);
  if (kept !== undefined) return JSON.parse(new TextDecoder().decode(kept)) as Voice;
  const controls = { voice, language, speed, pitch, format: "audio/wav", own: { captions: "json", loudness: "off" } };
  const made = await madeBy(engine, "speech", words, defined(controls), signal);
  const sound = made.files.find((f) => f.mediaType === "audio/wav");
  if (sound === undefined) throw new InksealError("upstream-invalid", `${engine.name} made no WAV`);
  const seconds = secondsOf(decodeWav(sound.bytes));
  const said =
    (made.json as { text?: string; words?: readonly { word: string; start: number; end: number }[] } | undefined) ?? {};
  const timed = placedWords(said.text ?? words, said.words ?? []);
  const result: Voice = {
    seconds: timed.at(-1) === undefined ? seconds : Math.min(seconds, timed.at(-1)!.to + 0.15),
    from: timed[0]?.from ?? 0,
    to: timed.at(-1)?.to ?? seconds,
    cues: timed.length === 0 ? silentCues(words, seconds) : cuesOf(said.text ?? words, timed),
  };
  await job.write(`${name}.wav`, sound.bytes);
  await job.write(`${name}.json`, JSON.stringify(result));
  return result;
}

/** Where each word of the answer stands in its text. */
function placedWords(text: string, words: readonly { word: string; start: number; end: number }[]): TimedWord[] {
  const out: TimedWord[] = [];
  let at = 0;
  for (const { word, start, end } of words) {
    const found = text.indexOf(word, at);
    if (found < 0) continue;
    out.push({ start: found, end: found + word.length, from: start, to: end });
    at = found + word.length;
  }
  return out;
}

/** Seconds in which words can be read: 4.5 Han characters or 15 Latin letters a second. */
export const readingTime = (words: string): number =>
  words === "" ? silentSeconds : Math.max(2, words.length / (localeOfText(words) === "zh-CN" ? 4.5 : 15));

export function silentCues(words: string, seconds: number): Cue[] {
  const parts = [...words.matchAll(/\p{Script=Han}|[^\s\p{P}\p{Script=Han}]+/gu)];
  const step = seconds / Math.max(1, parts.length);
  return cuesOf(words, parts.map((m, i) => ({ start: m.index, end: m.index + m[0].length, from: i * step, to: (i + 1) * step }))); // biome-ignore format: one idea
}

const defined = <T extends object>(values: T): T =>
  Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined)) as T;
