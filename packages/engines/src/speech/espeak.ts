import { fileURLToPath } from "node:url";
import { type Chunk, type Controls, type Engine, InksealError, localeOfText, type ModelInfo, type Plan } from "@inkseal/core";
import type { Probe } from "../local/probe.ts";
import { speechControlsSchema } from "./controls.ts";
import { espeakHint } from "./script.ts";
import { type Job, type Sentence, SpeakingProcess } from "./speaking-process.ts";
import { formats, type Voice as SpeakingVoice, utter } from "./utterance.ts";

const worker = fileURLToPath(new URL("./espeak-worker.mjs", import.meta.url));

/** Our model ids and eSpeak's own voice names. */
const voices = {
  zh: "cmn",
  yue: "yue",
  en: "en-us",
  "en-gb": "en-gb-x-rp",
  fr: "fr-fr",
  de: "de",
  es: "es",
  it: "it",
  pt: "pt",
  ru: "ru",
  ja: "ja",
  ko: "ko",
} as const;
type Voice = keyof typeof voices;
const isVoice = (name: string): name is Voice => Object.hasOwn(voices, name);

/**
 * Embedded speech by eSpeak NG, offline, in a child process. Formant synthesis: clear and small, plainly a machine.
 * Models are voices; `auto` picks Mandarin or English sentence by sentence. Controls: `voice` or `language` (else by the
 * text), `speed` 0.25–4, `pitch` 0.5–2, `format` any of {@link formats}, and {@link SpeechControls} of its own.
 * `idle`: milliseconds after which a child that nobody asks goes. One sentence is one step: progress is reported and an abort heard between steps (the child is killed).
 */
export function espeakEngine({
  idle,
}: {
  readonly idle?: number;
} = {}): Engine & { probe(signal?: AbortSignal): Promise<Probe> } {
  const speaker = new SpeakingProcess("espeak", worker, idle);
  return {
    name: "espeak",
    place: "embedded",
    tasks: ["speech"],
    models: async (): Promise<readonly ModelInfo[]> =>
      ["auto", ...Object.keys(voices)].map((id) => ({
        id,
        tasks: ["speech"],
        inputs: ["text"],
        languages: id === "auto" ? Object.keys(voices) : [id],
        voices: id === "auto" ? Object.keys(voices) : [id],
        formats,
        controls: speechControlsSchema,
        licence: "GPL-3.0 (eSpeak NG, in a process of its own)",
        note: "Small formant voice: clear, plainly a machine, works offline. For natural voices connect a speech provider.",
      })),
    async *generate(plan: Plan, signal: AbortSignal): AsyncGenerator<readonly Chunk[]> {
      const { controls } = plan.brief;
      const voice = pickVoice(plan.model, controls.voice, controls.language);
      yield* utter(espeakVoice(speaker, voice, controls), plan, signal);
    },
    async probe(signal = AbortSignal.timeout(30_000)): Promise<Probe> {
      try {
        const job = { sentences: voiced(["你好。", "Hello."], "auto"), rate: 175, pitch: 50 };
        for await (const { samples } of speaker.speak(job, signal)) {
          if (samples?.some((s) => Math.abs(s) > 500)) return { ok: true, detail: `speaks ${Object.keys(voices).join(", ")}` };
        }
        return { ok: false, detail: "spoke, but only silence", fix: "npm ci" };
      } catch (error) {
        return { ok: false, detail: InksealError.from(error).message, fix: "npm ci" };
      }
    },
    close: () => speaker.close(),
  };
}

/** eSpeak with a voice, pace and pitch. */
function espeakVoice(process: SpeakingProcess, voice: Voice | "auto", { speed = 1, pitch = 1 }: Controls): SpeakingVoice {
  return {
    name: "espeak",
    process,
    sayHint: espeakHint((sentence) => voiced([sentence], voice)[0]!.voice),
    jobOf: (sentences): Job => ({
      sentences: voiced(
        sentences.map(({ said }) => said),
        voice,
      ),
      rate: Math.round(Math.min(450, Math.max(80, 175 * speed))),
      pitch: Math.round(Math.min(99, Math.max(0, 50 * pitch))),
    }),
  };
}

/** With `auto` each sentence gets the voice of its own script; one without letters keeps the voice before it. */
function voiced(sentences: readonly string[], voice: Voice | "auto"): readonly Sentence[] {
  let last: Voice = localeOfText(sentences.join(" ")) === "zh-CN" ? "zh" : "en";
  return sentences.map((text) => {
    if (voice !== "auto") last = voice;
    else if (/\p{L}/u.test(text)) last = localeOfText(text) === "zh-CN" ? "zh" : "en";
    return { text, voice: voices[last] };
  });
}

/** `voice`, else `language`, else the model; OpenAI's voice names (`alloy` …) mean nothing here and are passed over. */
function pickVoice(model: string, voice: string | undefined, language: string | undefined): Voice | "auto" {
  for (const wish of [voice, language, model]) {
    const tag = wish?.toLowerCase().replace("_", "-");
    if (tag === undefined) continue;
    if (isVoice(tag)) return tag;
    const base = tag.split("-")[0] as string;
    if (tag === "cmn" || tag === "mandarin") return "zh";
    if (isVoice(base)) return base;
  }
  if (model !== "auto" && model !== "espeak")
    throw new InksealError(
      "unknown-model",
      `espeak has no voice ${JSON.stringify(model)}; it has ${Object.keys(voices).join(", ")}`,
      { param: "model" },
    );
  return "auto";
}
