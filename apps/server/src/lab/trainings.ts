import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { NewTraining, TrainingEventJson, TrainingJson } from "@inkseal/client";
import { gramsCo2e, InksealError, type InputFile, type LedgerRow } from "@inkseal/core";
import type { TrainConfig, TrainEvent } from "@inkseal/lab";
import {
  type Actor,
  recordTraining,
  settleTraining,
  type TrainingContext,
  type TrainingRecord,
  trainingFile,
} from "@inkseal/pipeline";
import type { House } from "../house.ts";
import { errorEnvelope } from "../v1/envelope.ts";
import { confine } from "./confine.ts";
import { trainApart } from "./train-apart.ts";
import { LogSummaries, readLog, thinned } from "./training-log.ts";

type Config = Readonly<Record<string, unknown>>;
type Listener = (word: TrainEvent | "state") => void;
interface Job {
  readonly name: string;
  readonly actor: Actor;
  readonly config: TrainConfig;
  readonly stop: AbortController;
}

/** Trainings that may wait for the one under way. */
const mostWaiting = 16;
/** A stream gathers what happens within so many milliseconds. */
const paceMs = 200;

/**
 * The trainings in the Lab's folder (`lab` in the home), each a folder of its own. One runs at a time, in a process of its own; the others
 * wait in the order in which they came. Whatever becomes of one is a row of the ledger.
 */
export class Trainings {
  readonly #house: House;
  readonly #lab: string;
  readonly #summaries = new LogSummaries();
  readonly #queue: Job[] = [];
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #errors = new Map<string, TrainingJson["error"]>();
  #current: Job | undefined;
  #working: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(house: House) {
    this.#house = house;
    this.#lab = join(house.config.home, "lab");
  }

  /** Records the runs whose process was killed: what a server that died, or a command, left behind. */
  async settle(): Promise<void> {
    for (const name of await this.#names())
      await settleTraining(join(this.#lab, name), this.#contextOf({ id: "local", source: "api" }));
  }

  /** The latest first. */
  async list(): Promise<TrainingJson[]> {
    const all = await Promise.all((await this.#names()).map((name) => this.info(name)));
    return all.sort((a, b) => ((a.at ?? "~") < (b.at ?? "~") ? 1 : -1));
  }

  /** Throws `not-found`. */
  async info(name: string): Promise<TrainingJson> {
    const config = await this.config(name);
    const out = join(this.#lab, name);
    const { at, summary } = await this.#summaries.of(join(out, "log.jsonl"));
    const files = await this.modelFiles(name);
    const kind = String((config.model as { kind?: unknown } | undefined)?.kind ?? "");
    const { gramsPerKwh } = this.#house.config;
    const state = this.#stateOf(name);
    const error = this.#errors.get(name);
    return {
      name,
      state,
      kind,
      ...summary,
      outcome: state !== "idle" ? undefined : error !== undefined ? "failed" : summary.outcome,
      ...(error !== undefined && { error }),
      steps: Number(config.steps ?? summary.steps),
      gramsCo2e: gramsCo2e(summary.joules, gramsPerKwh),
      gramsPerKwh,
      ...(files.length > 0 && kind === "gpt" && { model: `lab/${name}` }),
      ...(files.length > 0 && { modelBytes: files.reduce((sum, { size }) => sum + size, 0) }),
      ...(at !== undefined && { at }),
    };
  }

  /** As it was given. Throws `not-found`. */
  async config(name: string): Promise<Record<string, unknown>> {
    try {
      return JSON.parse(await readFile(join(this.#lab, name, trainingFile), "utf8")) as Record<string, unknown>;
    } catch (cause) {
      throw new InksealError("not-found", "the Lab has no training of that name", { param: "name", cause });
    }
  }

  /** Of the finished model; empty while there is none. */
  async modelFiles(name: string): Promise<{ readonly name: string; readonly path: string; readonly size: number }[]> {
    const folder = join(this.#lab, name, "model");
    const names = await readdir(folder).catch((): string[] => []);
    if (!names.includes("config.json")) return [];
    return await Promise.all(
      names.sort().map(async (file) => {
        const path = join(folder, file);
        return { name: `model/${file}`, path, size: (await stat(path)).size };
      }),
    );
  }

  /** Starts a training, or queues it. Throws `conflict` for a name that is taken, `bad-request`, `forbidden`, `overloaded`. */
  async start({ name, config, text }: NewTraining, files: readonly InputFile[], actor: Actor): Promise<TrainingJson> {
    const out = join(this.#lab, name);
    if (name === "checkpoints" || (await stat(out).catch(() => undefined)) !== undefined)
      throw new InksealError("conflict", `the Lab has a folder ${JSON.stringify(name)} already; choose another name`, {
        param: "name",
      });
    const data = [
      ...(text === undefined ? [] : [{ path: "data/text.txt", bytes: Buffer.from(text) }]),
      ...files.map(({ name: file, bytes }, i) => ({ path: `data/${i}${extname(file).toLowerCase()}`, bytes })),
    ];
    const pictures = text === undefined && files.every(({ mediaType }) => mediaType.startsWith("image/"));
    const paths = pictures ? ["data"] : data.map(({ path }) => path); // pictures are learnt from by the folder
    const sources = data.length === 0 ? {} : { data: paths.map((path) => ({ path })) };
    const read = await this.#read({ ...config, ...sources }, out);
    this.#admit();
    try {
      await mkdir(join(out, "data"), { recursive: true });
      for (const { path, bytes } of data) await writeFile(join(out, path), bytes);
      await writeFile(join(out, trainingFile), `${JSON.stringify(read, null, 2)}\n`);
    } catch (cause) {
      await rm(out, { recursive: true, force: true });
      throw (cause as { code?: string }).code === "ENOSPC"
        ? new InksealError("disk-full", "there is no room for the training's data", { cause })
        : cause;
    }
    this.#enqueue({ name, actor, config: read, stop: new AbortController() });
    return await this.info(name);
  }

  /** Goes on from the newest checkpoint. Throws `not-found`, `conflict` while it is under way, and as `start` does. */
  async resume(name: string, steps: number | undefined, actor: Actor): Promise<TrainingJson> {
    const config = await this.config(name);
    if (this.#stateOf(name) !== "idle") throw new InksealError("conflict", "this training is under way", { param: "name" });
    const read = await this.#read({ ...config, ...(steps !== undefined && { steps }) }, join(this.#lab, name));
    this.#admit();
    this.#enqueue({ name, actor, config: read, stop: new AbortController() });
    return await this.info(name);
  }

  /** After the step in hand, with a checkpoint. Throws `not-found` when it is not under way, or is not `owner`'s where one is given. */
  async stop(name: string, owner: string | undefined): Promise<TrainingJson> {
    const job = this.#current?.name === name ? this.#current : this.#queue.find((queued) => queued.name === name);
    if (job === undefined || (owner !== undefined && owner !== job.actor.id))
      throw new InksealError("not-found", "no training of that name is under way for this key", { param: "name" });
    job.stop.abort();
    const at = this.#queue.indexOf(job);
    if (at >= 0) this.#queue.splice(at, 1);
    this.#tell(name, "state");
    return await this.info(name);
  }

  /** Throws `not-found`, and `conflict` while it is under way. */
  async remove(name: string): Promise<void> {
    await this.config(name);
    if (this.#stateOf(name) !== "idle")
      throw new InksealError("conflict", "this training is under way; stop it first", { param: "name" });
    this.#errors.delete(name);
    await rm(join(this.#lab, name), { recursive: true, force: true });
  }

  /** How it stands and what its log has, then what happens, until it is over or `signal` aborts. Throws `not-found`. */
  async *events(name: string, signal: AbortSignal): AsyncGenerator<TrainingEventJson> {
    let waiting: TrainEvent[] = [];
    let changed = false;
    let wake: () => void = () => undefined;
    const listener: Listener = (word) => {
      if (word === "state") changed = true;
      else waiting.push(word);
      wake();
    };
    signal.addEventListener("abort", () => wake(), { once: true });
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    try {
      yield { type: "state", training: await this.info(name) };
      yield eventsJson(thinned(await readLog(join(this.#lab, name, "log.jsonl"))));
      for (;;) {
        const over = this.#stateOf(name) === "idle";
        if (waiting.length > 0) {
          const now = waiting;
          waiting = [];
          yield eventsJson(now);
        }
        if (changed || over) {
          changed = false;
          yield { type: "state", training: await this.info(name) };
        }
        if (over || signal.aborted) return;
        if (waiting.length === 0 && !changed) await new Promise<void>((resolve) => (wake = resolve));
        await new Promise((resolve) => setTimeout(resolve, paceMs));
      }
    } finally {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(name);
    }
  }

  /** Appends a training's row and charges its key. */
  async append(record: TrainingRecord): Promise<LedgerRow> {
    const { ledger } = this.#house;
    const row = await ledger.append(record);
    const { inputTokens = 0, energy = 0 } = record.usage;
    if (record.actor !== "local") ledger.keys.charge(record.actor, { tokens: inputTokens, energy });
    return row;
  }

  /** Stops what is under way, with a checkpoint, and records it as interrupted. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#queue.length = 0;
    this.#current?.stop.abort();
    await this.#working;
    for (const name of this.#listeners.keys()) this.#tell(name, "state");
  }

  async #names(): Promise<string[]> {
    const entries = await readdir(this.#lab, { withFileTypes: true }).catch(() => []);
    const named = await Promise.all(
      entries.map(async (e) => {
        const known = e.isDirectory() && (await stat(join(this.#lab, e.name, trainingFile)).catch(() => undefined));
        return known ? [e.name] : [];
      }),
    );
    return named.flat();
  }

  async #read(config: Config, out: string): Promise<TrainConfig> {
    const { readTrainConfig } = await import("@inkseal/lab/node");
    return readTrainConfig(confine(config, this.#lab, out));
  }

  #admit(): void {
    if (this.#closed) throw new InksealError("shutting-down", "the server is stopping", { retryAfter: 2 });
    if (this.#queue.length >= mostWaiting)
      throw new InksealError("overloaded", `${mostWaiting} trainings wait already`, { retryAfter: 60 });
  }

  #enqueue(job: Job): void {
    this.#errors.delete(job.name);
    this.#queue.push(job);
    this.#tell(job.name, "state");
    if (this.#current === undefined) this.#working = this.#work();
  }

  async #work(): Promise<void> {
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      this.#current = job;
      this.#tell(job.name, "state");
      try {
        for await (const event of recordTraining(job.config, this.#eventsOf(job), this.#contextOf(job.actor)))
          if (event.type !== "recorded") this.#tell(job.name, event);
      } catch (thrown) {
        const error = InksealError.from(thrown);
        if (error.code !== "shutting-down") this.#errors.set(job.name, errorEnvelope(error).error as TrainingJson["error"]);
      }
      this.#current = undefined;
      this.#tell(job.name, "state");
    }
  }

  /** A stopping server's training is interrupted, not cancelled: nobody asked for its end. */
  async *#eventsOf({ config, stop }: Job): AsyncGenerator<TrainEvent> {
    for await (const event of trainApart(config, stop.signal)) {
      if (event.type === "end" && event.reason === "cancelled" && this.#closed)
        throw new InksealError("shutting-down", "the server stopped before the training ended");
      yield event;
    }
  }

  #contextOf(actor: Pick<Actor, "id" | "source">): TrainingContext {
    const { clock, newId, config } = this.#house;
    return { actor, clock, newId, gramsPerKwh: config.gramsPerKwh, append: (record) => this.append(record) };
  }

  #stateOf(name: string): TrainingJson["state"] {
    if (this.#current?.name === name) return this.#current.stop.signal.aborted ? "stopping" : "running";
    return this.#queue.some((queued) => queued.name === name) ? "queued" : "idle";
  }

  #tell(name: string, word: TrainEvent | "state"): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(word);
  }
}

const eventsJson = (events: readonly TrainEvent[]): TrainingEventJson => ({
  type: "events",
  events: JSON.parse(JSON.stringify(events)), // as the log has them: what is no number is null
});
