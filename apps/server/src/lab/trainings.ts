import { join } from "node:path";
import type { NewTraining, TrainingEventJson, TrainingJson } from "@inkseal/client";
import { gramsCo2e, InksealError, type InputFile, type LedgerRow } from "@inkseal/core";
import type { TrainEvent } from "@inkseal/lab";
import { type Actor, recordTraining, settleTraining, type TrainingContext, type TrainingRecord } from "@inkseal/pipeline";
import type { House } from "../house.ts";
import { errorEnvelope } from "../v1/envelope.ts";
import { trainApart } from "./train-apart.ts";
import { dataOf, type ModelFile, TrainingFiles } from "./training-files.ts";
import { LogSummaries } from "./training-log.ts";
import { type Job, TrainingQueue } from "./training-queue.ts";
import { TrainingReaders } from "./training-readers.ts";

/**
 * The trainings in the Lab's folder (`lab` in the home), each a folder of its own. One runs at a time, in a process of its own; the others
 * wait in the order in which they came. Whatever becomes of one is a row of the ledger.
 */
export class Trainings {
  readonly #house: House;
  readonly #files: TrainingFiles;
  readonly #summaries = new LogSummaries();
  readonly #readers = new TrainingReaders();
  readonly #queue = new TrainingQueue(
    (job) => this.#run(job),
    (name) => this.#readers.tell(name, "state"),
  );
  readonly #errors = new Map<string, TrainingJson["error"]>();

  constructor(house: House) {
    this.#house = house;
    this.#files = new TrainingFiles(join(house.config.home, "lab"));
  }

  /** Records the runs whose process was killed: what a server that died, or a command, left behind. */
  async settle(): Promise<void> {
    for (const name of await this.#files.names())
      await settleTraining(this.#files.folder(name), this.#contextOf({ id: "local", source: "api" }));
  }

  /** The latest first. */
  async list(): Promise<TrainingJson[]> {
    const all = await Promise.all((await this.#files.names()).map((name) => this.info(name)));
    return all.sort((a, b) => ((a.at ?? "~") < (b.at ?? "~") ? 1 : -1));
  }

  /** Throws `not-found`. */
  async info(name: string): Promise<TrainingJson> {
    const config = await this.config(name);
    const { at, summary } = await this.#summaries.of(this.#files.log(name));
    const files = await this.modelFiles(name);
    const kind = String((config.model as { kind?: unknown } | undefined)?.kind ?? "");
    const { gramsPerKwh } = this.#house.config;
    const state = this.#queue.stateOf(name);
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
  config(name: string): Promise<Record<string, unknown>> {
    return this.#files.config(name);
  }

  /** Of the finished model; empty while there is none. */
  modelFiles(name: string): Promise<ModelFile[]> {
    return this.#files.model(name);
  }

  /** Starts a training, or queues it. Throws `conflict` for a name that is taken, `bad-request`, `forbidden`, `overloaded`. */
  async start({ name, config, text }: NewTraining, files: readonly InputFile[], actor: Actor): Promise<TrainingJson> {
    await this.#files.checkFree(name);
    const { data, sources } = dataOf(text, files);
    const read = await this.#files.read(name, { ...config, ...sources });
    this.#queue.admit();
    await this.#files.create(name, read, data);
    return await this.#begin({ name, actor, config: read, stop: new AbortController() });
  }

  /** Goes on from the newest checkpoint. Throws `not-found`, `conflict` while it is under way, and as `start` does. */
  async resume(name: string, steps: number | undefined, actor: Actor): Promise<TrainingJson> {
    const config = await this.config(name);
    if (this.#queue.stateOf(name) !== "idle")
      throw new InksealError("conflict", "this training is under way", { param: "name" });
    const read = await this.#files.read(name, { ...config, ...(steps !== undefined && { steps }) });
    this.#queue.admit();
    return await this.#begin({ name, actor, config: read, stop: new AbortController() });
  }

  /** After the step in hand, with a checkpoint. Throws `not-found` when it is not under way, or is not `owner`'s where one is given. */
  async stop(name: string, owner: string | undefined): Promise<TrainingJson> {
    this.#queue.stop(name, owner);
    return await this.info(name);
  }

  /** Throws `not-found`, and `conflict` while it is under way. */
  async remove(name: string): Promise<void> {
    await this.config(name);
    if (this.#queue.stateOf(name) !== "idle")
      throw new InksealError("conflict", "this training is under way; stop it first", { param: "name" });
    this.#errors.delete(name);
    await this.#files.remove(name);
  }

  /** How it stands and what its log has, then what happens, until it is over or `signal` aborts. Throws `not-found`. */
  events(name: string, signal: AbortSignal): AsyncGenerator<TrainingEventJson> {
    const followed = { name, log: this.#files.log(name), info: () => this.info(name) };
    return this.#readers.follow({ ...followed, over: () => this.#queue.stateOf(name) === "idle" }, signal);
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
    await this.#queue.close();
    this.#readers.tellAll();
  }

  async #begin(job: Job): Promise<TrainingJson> {
    this.#errors.delete(job.name);
    this.#queue.add(job);
    return await this.info(job.name);
  }

  async #run(job: Job): Promise<void> {
    try {
      for await (const event of recordTraining(job.config, this.#eventsOf(job), this.#contextOf(job.actor)))
        if (event.type !== "recorded") this.#readers.tell(job.name, event);
    } catch (thrown) {
      const error = InksealError.from(thrown);
      if (error.code !== "shutting-down") this.#errors.set(job.name, errorEnvelope(error).error as TrainingJson["error"]);
    }
  }

  /** A stopping server's training is interrupted, not cancelled: nobody asked for its end. */
  async *#eventsOf({ config, stop }: Job): AsyncGenerator<TrainEvent> {
    for await (const event of trainApart(config, stop.signal)) {
      if (event.type === "end" && event.reason === "cancelled" && this.#queue.closed)
        throw new InksealError("shutting-down", "the server stopped before the training ended");
      yield event;
    }
  }

  #contextOf(actor: Pick<Actor, "id" | "source">): TrainingContext {
    const { clock, newId, config } = this.#house;
    return { actor, clock, newId, gramsPerKwh: config.gramsPerKwh, append: (record) => this.append(record) };
  }
}
