import { fileURLToPath } from "node:url";
import { type Chunk, type Engine, InksealError, type ModelInfo, type Plan } from "@inkseal/core";
import type { Probe } from "../local/probe.ts";
import { sentencesOf } from "./sentences.ts";
import { type Job, SpeakingProcess } from "./speaking-process.ts";
import { formats, utter } from "./utterance.ts";

const worker = fileURLToPath(new URL("./flite-worker.mjs", import.meta.url));
/** Flite's own voices at 16 kHz, with what is known of the speakers. */
const voices: Readonly<Record<string, string>> = {
  slt: "US English, female",
  rms: "US English, male",
  awb: "Scottish English, male",
  kal16: "US English, male, diphones: the smallest",
};

/**
 * Embedded English speech by CMU Flite (BSD-like licence, compiled to WASI), offline, for those who may not use eSpeak's
 * GPL. English only: text in other scripts is `cannot-do`. Controls: `voice`, `speed`, `pitch`, `format` as espeak.
 */
export function fliteEngine(): Engine & { probe(signal?: AbortSignal): Promise<Probe> } {
  const speaker = new SpeakingProcess("flite", worker);
  return {
    name: "flite",
    place: "embedded",
    tasks: ["speech"],
    models: async (): Promise<readonly ModelInfo[]> =>
      Object.entries(voices).map(([id, note]) => ({
        id,
        tasks: ["speech"],
        inputs: ["text"],
        languages: ["en"],
        voices: [id],
        formats,
        licence: "BSD-4-Clause (CMU Flite)",
        note: `${note}. Works offline, English only.`,
      })),
    async *generate(plan: Plan, signal: AbortSignal): AsyncGenerator<readonly Chunk[]> {
      const { text = "", controls } = plan.brief;
      if (controls.language !== undefined && !/^en\b/i.test(controls.language))
        throw new InksealError("cannot-do", `flite speaks English only, not ${controls.language}`, { param: "language" });
      if (/[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u.test(text))
        throw new InksealError("cannot-do", "flite speaks English only; the text has letters of another script", {
          param: "input",
        });
      const voice = voiceOf(plan.model, controls.voice);
      const jobOf = (words: string): Job => ({
        sentences: sentencesOf(words).map((sentence) => ({ text: sentence, voice })),
        rate: 1 / (controls.speed ?? 1),
        pitch: controls.pitch ?? 1,
      });
      yield* utter("flite", plan, speaker, jobOf, signal);
    },
    async probe(signal = AbortSignal.timeout(30_000)): Promise<Probe> {
      try {
        const job = { sentences: [{ text: "Hello.", voice: "slt" }], rate: 1, pitch: 1 };
        for await (const { samples } of speaker.speak(job, signal)) {
          if (samples?.some((s) => Math.abs(s) > 500))
            return { ok: true, detail: `speaks English: ${Object.keys(voices).join(", ")}` };
        }
        return { ok: false, detail: "spoke, but only silence", fix: "npm ci" };
      } catch (error) {
        return { ok: false, detail: InksealError.from(error).message, fix: "npm ci" };
      }
    },
    close: () => speaker.close(),
  };
}

/** `voice` when it is one of ours (OpenAI's names are passed over), else the model. */
function voiceOf(model: string, voice: string | undefined): string {
  if (voice !== undefined && Object.hasOwn(voices, voice)) return voice;
  if (model === "auto" || model === "flite" || model === "en") return "slt";
  if (Object.hasOwn(voices, model)) return model;
  throw new InksealError(
    "unknown-model",
    `flite has no voice ${JSON.stringify(model)}; it has ${Object.keys(voices).join(", ")}`,
    { param: "model" },
  );
}
