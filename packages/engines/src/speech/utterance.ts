import { audioFormat, audioFormats, encodeWav, normalised, type Pcm, secondsOf } from "@inkseal/codec";
import { type Chunk, InksealError, type Plan } from "@inkseal/core";
import { cuesOf, type TimedWord } from "../captions/cues.ts";
import { captionTypes, toSrt, toVtt } from "../captions/formats.ts";
import { assembled, type Speech } from "./assemble.ts";
import { type SpeechControls, speechControlsOf } from "./controls.ts";
import { withLexicon } from "./lexicon.ts";
import { parseScript } from "./markup.ts";
import { type SayHint, type Utterance, utterancesOf } from "./script.ts";
import type { Job, SpeakingProcess, Spoken } from "./speaking-process.ts";

/** Characters of one brief; at the default pace about two hours. */
const longestText = 100_000;
/** Peaks stay under this, dBTP. */
const ceiling = -1;
export const formats: readonly string[] = audioFormats;

/** What a synthesiser adds to what is the same for all of them. */
export interface Voice {
  readonly name: string;
  readonly process: SpeakingProcess;
  readonly sayHint: SayHint;
  jobOf(sentences: readonly Utterance[]): Job;
}

/**
 * The words of a brief spoken: progress sentence by sentence, then the whole file, then captions as a second one where they are asked for.
 * Throws `bad-request` without words and for markup or controls that make no sense, `too-large` past 100,000 characters, `cannot-do`
 * for another format than {@link formats}.
 */
export async function* utter(voice: Voice, plan: Plan, signal: AbortSignal): AsyncGenerator<readonly Chunk[]> {
  const { text: source = "", controls } = plan.brief;
  const own = speechControlsOf(plan);
  if (source.length > longestText)
    throw new InksealError("too-large", `${source.length} characters; ${voice.name} takes ${longestText}`, { param: "input" });
  const format = audioFormat(controls.format ?? "audio/wav");
  if (format === undefined)
    throw new InksealError("cannot-do", `${voice.name} writes ${formats.join(", ")}, not ${controls.format}`, {
      param: "response_format",
    });
  const script = withLexicon(parseScript(source), own.lexicon);
  let speech: Speech | undefined;
  for await (const step of speak(voice, script, own, signal)) {
    if ("words" in step) speech = step;
    else yield [{ index: 0, progress: step }];
  }
  const { pcm, words } = speech as Speech;
  const sound = own.loudness === "off" ? pcm : normalised(pcm, { loudness: own.loudness, ceiling });
  // WAV to be marked; encoded behind that, so that the marks in the samples are in every format
  const media = { mediaType: "audio/wav", bytes: encodeWav(sound), last: true, ...(format !== "audio/wav" && { as: format }) };
  const chunks: Chunk[] = [{ index: 0, media }];
  if (own.captions !== undefined) chunks.push(...captionChunks(own.captions, script.text, words, pcm));
  const usage = { characters: source.length, seconds: secondsOf(pcm) };
  chunks[chunks.length - 1] = { ...chunks.at(-1)!, finish: "stop", usage };
  yield chunks;
}

/** The script said sentence by sentence: fractions as it goes, the whole last. */
export async function* speak(
  voice: Voice,
  script: ReturnType<typeof parseScript>,
  own: Pick<SpeechControls, "sentencePause" | "paragraphPause">,
  signal: AbortSignal,
): AsyncGenerator<{ fraction: number } | Speech> {
  const pauses = { sentence: own.sentencePause, paragraph: own.paragraphPause };
  const { utterances, tail } = utterancesOf(script, pauses, voice.sayHint);
  if (utterances.length === 0) throw new InksealError("bad-request", "there are no words to speak", { param: "input" });
  const spoken: Spoken[] = [];
  for await (const sentence of voice.process.speak(voice.jobOf(utterances), signal)) {
    spoken.push(sentence);
    yield { fraction: sentence.done / sentence.of };
  }
  yield assembled(script.text, utterances, spoken, tail);
}

function captionChunks(kind: "vtt" | "srt" | "json", text: string, words: readonly TimedWord[], pcm: Pcm): Chunk[] {
  const cues = cuesOf(text, words);
  // the members and names of a verbose transcription
  const json = {
    text,
    duration: secondsOf(pcm),
    words: words.map(({ start, end, from, to }) => ({ word: text.slice(start, end), start: from, end: to })),
    segments: cues.map(({ from, to, text: cue }, id) => ({ id, start: from, end: to, text: cue })),
  };
  if (kind === "json") return [{ index: 0, json }];
  const bytes = new TextEncoder().encode(kind === "srt" ? toSrt(cues) : toVtt(cues));
  return [{ index: 0, json, media: { mediaType: captionTypes[kind], bytes, last: true } }];
}
