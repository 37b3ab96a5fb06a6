import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Chunk, type Engine, InksealError, localeOfText, type ModelInfo, type Plan } from "@inkseal/core";
import { sentencesOf } from "./sentences.ts";
import { wavOf } from "./wav.ts";

const worker = fileURLToPath(new URL("./espeak-worker.mjs", import.meta.url));
/** Characters of one brief; at the default pace about two hours. */
const longestText = 100_000;
/** A child that nobody used for this long goes. */
const idleMs = 60_000;

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

interface Answer {
  readonly id: number;
  readonly done?: number;
  readonly of?: number;
  readonly samples?: Int16Array;
  readonly sampleRate?: number;
  readonly error?: string;
}

/**
 * Embedded speech by eSpeak NG, offline, in a child process. Formant synthesis: clear and small, plainly a machine.
 * Models are voices; `auto` picks Mandarin or English by the text. Controls: `voice` or `language` (else by the text), `speed` 0.25–4, `pitch` 0.5–2, `format` `audio/wav` or `audio/pcm`.
 * One sentence is one step: progress is reported and an abort heard between steps (the child is killed).
 */
export function espeakEngine(): Engine {
  const speaker = new Speaker();
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
        formats: ["audio/wav", "audio/pcm"],
        licence: "GPL-3.0 (eSpeak NG, in a process of its own)",
        note: "Small formant voice: clear, plainly a machine, works offline. For natural voices connect a speech provider.",
      })),
    async *generate(plan: Plan, signal: AbortSignal): AsyncGenerator<readonly Chunk[]> {
      const { text = "", controls } = plan.brief;
      if (text.trim() === "") throw new InksealError("bad-request", "there are no words to speak", { param: "input" });
      if (text.length > longestText)
        throw new InksealError("too-large", `${text.length} characters; espeak takes ${longestText}`);
      const format = controls.format ?? "audio/wav";
      if (!/^(audio\/)?(x-)?(wav|wave|pcm)$/.test(format)) {
        throw new InksealError("cannot-do", `espeak writes audio/wav and audio/pcm, not ${format}`, {
          param: "response_format",
        });
      }
      const voice = pickVoice(plan.model, controls.voice, controls.language, text);
      const rate = Math.round(Math.min(450, Math.max(80, 175 * (controls.speed ?? 1))));
      const pitch = Math.round(Math.min(99, Math.max(0, 50 * (controls.pitch ?? 1))));
      for await (const answer of speaker.speak({ sentences: sentencesOf(text), voice: voices[voice], rate, pitch }, signal)) {
        if (answer.samples === undefined) {
          yield [{ index: 0, progress: { fraction: (answer.done ?? 0) / (answer.of ?? 1) } }];
          continue;
        }
        const { samples, sampleRate = 22_050 } = answer;
        const pcm = /pcm$/.test(format);
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
    },
    close: () => speaker.close(),
  };
}

/** `voice`, else `language`, else the model; OpenAI's voice names (`alloy` …) mean nothing here and are passed over. */
function pickVoice(model: string, voice: string | undefined, language: string | undefined, text: string): Voice {
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
  return localeOfText(text) === "zh-CN" ? "zh" : "en";
}

interface Job {
  readonly sentences: readonly string[];
  readonly voice: string;
  readonly rate: number;
  readonly pitch: number;
}

/** One child, one job at a time; the child is made when needed and goes when idle. */
class Speaker {
  #child: ChildProcess | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #id = 0;

  async *speak(job: Job, signal: AbortSignal): AsyncGenerator<Answer> {
    const before = this.#turn;
    let done: () => void = () => undefined;
    this.#turn = new Promise<void>((resolve) => (done = resolve));
    try {
      await before;
      signal.throwIfAborted();
      yield* this.#run(job, signal);
    } finally {
      done();
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => this.#kill(), idleMs).unref();
    }
  }

  async *#run(job: Job, signal: AbortSignal): AsyncGenerator<Answer> {
    clearTimeout(this.#idle);
    const child = (this.#child ??= this.#start());
    const id = ++this.#id;
    const inbox: Answer[] = [];
    let failure: InksealError | undefined;
    let wake: () => void = () => undefined;
    const onMessage = (answer: Answer): void => {
      if (answer.id !== id) return;
      inbox.push(answer);
      wake();
    };
    const onExit = (): void => {
      failure ??= new InksealError("upstream-error", "the speech process ended unexpectedly");
      wake();
    };
    const onAbort = (): void => {
      failure = InksealError.is(signal.reason) ? signal.reason : new InksealError("cancelled", "the run was cancelled");
      this.#kill();
      wake();
    };
    child.on("message", onMessage);
    child.once("exit", onExit);
    signal.addEventListener("abort", onAbort, { once: true });
    child.ref();
    child.channel?.ref();
    let finished = false;
    try {
      child.send({ id, ...job });
      while (!finished) {
        while (inbox.length === 0 && failure === undefined) await new Promise<void>((resolve) => (wake = resolve));
        if (failure !== undefined) throw failure;
        const answer = inbox.shift() as Answer;
        if (answer.error !== undefined) throw new InksealError("upstream-error", `espeak: ${answer.error}`);
        finished = answer.samples !== undefined;
        yield answer;
      }
    } finally {
      child.off("message", onMessage);
      child.off("exit", onExit);
      signal.removeEventListener("abort", onAbort);
      if (!finished) this.#kill();
      child.unref();
      child.channel?.unref();
    }
  }

  #start(): ChildProcess {
    // no inherited loader flags: the worker is plain JavaScript
    const child = fork(worker, [], { serialization: "advanced", execArgv: [], stdio: ["ignore", "ignore", "ignore", "ipc"] });
    child.once("exit", () => {
      if (this.#child === child) this.#child = undefined;
    });
    child.on("error", () => undefined);
    return child;
  }

  #kill(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    this.#kill();
  }
}
