import { type ChildProcess, fork } from "node:child_process";
import { InksealError } from "@inkseal/core";
import { unlessAborted } from "../abort.ts";
import { cancelled } from "../remote/exchange.ts";

/** A child that nobody used for this long goes, unless told otherwise. */
const idleMs = 60_000;

export interface Sentence {
  readonly text: string;
  readonly voice: string;
}
export interface Job {
  readonly sentences: readonly Sentence[];
  /** The voice's pace and pitch, in the synthesiser's own units. */
  readonly rate: number;
  readonly pitch: number;
}
/** A word's first character (code points from 0) in its sentence, and when it is said there. */
export interface SpokenWord {
  readonly at: number;
  readonly seconds: number;
}
/** One sentence, the `done`th of `of`; mono. */
export interface Spoken {
  readonly done: number;
  readonly of: number;
  readonly samples: Int16Array;
  readonly sampleRate: number;
  /** Absent where the synthesiser does not tell. */
  readonly words?: readonly SpokenWord[];
}
type Answer = { readonly id: number } & (Spoken | { readonly error: string });

/**
 * A synthesiser in a child process of its own, a plain script that takes {@link Job}s over IPC: one at a time, the
 * others wait. The child is made when needed, made anew after a crash, killed on abort, and goes when idle.
 */
export class SpeakingProcess {
  readonly #name: string;
  readonly #worker: string;
  readonly #idleMs: number;
  #child: ChildProcess | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #id = 0;

  /** `worker` is the path of the script; `idle` milliseconds after its last words the child goes. */
  constructor(name: string, worker: string, idle = idleMs) {
    this.#name = name;
    this.#idleMs = idle;
    this.#worker = worker;
  }

  /** Process id while one runs; for tests. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Throws `upstream-error` when the synthesiser fails or dies, `cancelled` or the signal's own reason. */
  async *speak(job: Job, signal: AbortSignal): AsyncGenerator<Spoken> {
    const before = this.#turn;
    let done: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => (done = resolve));
    this.#turn = before.then(() => mine);
    try {
      await unlessAborted(before, signal);
      yield* this.#run(job, signal);
    } finally {
      done();
    }
  }

  async *#run(job: Job, signal: AbortSignal): AsyncGenerator<Spoken> {
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
      failure ??= new InksealError("upstream-error", `the ${this.#name} process ended unexpectedly`);
      wake();
    };
    const onAbort = (): void => {
      failure = cancelled(signal);
      this.#kill();
      wake();
    };
    child.on("message", onMessage);
    child.once("exit", onExit);
    child.once("error", onExit);
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
        if ("error" in answer) throw new InksealError("upstream-error", `${this.#name}: ${answer.error}`);
        finished = answer.done === answer.of;
        yield answer;
      }
    } finally {
      child.off("message", onMessage);
      child.off("exit", onExit);
      child.off("error", onExit);
      signal.removeEventListener("abort", onAbort);
      if (!finished) this.#kill();
      child.unref();
      child.channel?.unref();
      this.#idle = setTimeout(() => this.#kill(), this.#idleMs).unref();
    }
  }

  #start(): ChildProcess {
    // no inherited loader flags: the worker is plain JavaScript
    const child = fork(this.#worker, [], {
      serialization: "advanced",
      execArgv: ["--no-warnings"],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
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
