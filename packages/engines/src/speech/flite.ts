import { fileURLToPath } from "node:url";
import { type Chunk, type Engine, InksealError, type ModelInfo, type Plan } from "@inkseal/core";
import type { Probe } from "../local/probe.ts";
import { speechControlsSchema } from "./controls.ts";
import type { Hint } from "./markup.ts";
import type { Utterance } from "./script.ts";
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
 * GPL. English only: text in other scripts is `cannot-do`. Controls as espeak's, but for phonemes; times of words are shared out by letters.
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
        controls: speechControlsSchema,
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
      const jobOf = (sentences: readonly Utterance[]): Job => ({
        sentences: sentences.map(({ said }) => ({ text: said, voice })),
        rate: 1 / (controls.speed ?? 1),
        pitch: controls.pitch ?? 1,
      });
      yield* utter({ name: "flite", process: speaker, sayHint, jobOf }, plan, signal);
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

/** Flite takes no phonemes from outside. */
function sayHint({ alphabet, sound }: Hint): string {
  if (alphabet === "words") return sound;
  throw new InksealError("cannot-do", `flite takes no phonemes (${alphabet}); give words to say instead, or use espeak`, {
    param: "input",
  });
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
