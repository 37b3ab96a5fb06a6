import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import {
  type Clock,
  canonicalJson,
  defaultPolicy,
  gramsCo2e,
  InksealError,
  type LedgerRow,
  type RunRecord,
} from "@inkseal/core";
import type { TrainConfig, TrainEvent } from "@inkseal/lab";
import { lockFolder } from "@inkseal/store";
import { z } from "zod";
import type { Actor } from "./context.ts";

/** What the ledger keeps of a training: a row whose task is `training`, and whose engine is the Lab. */
export type TrainingRecord = RunRecord & { readonly task: "training" };

export interface TrainingContext {
  readonly actor: Pick<Actor, "id" | "source">;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  /** Grams of CO2-equivalent of a kilowatt-hour here; the world's mean. */
  readonly gramsPerKwh?: number;
  /** Makes a record durable. */
  readonly append: (record: TrainingRecord) => Promise<LedgerRow>;
}

/** `recorded` follows `end`, once the row is durable. */
export type TrainingEvent = TrainEvent | { readonly type: "recorded"; readonly run: string; readonly row: LedgerRow };

/** The configuration of a training, in its folder. */
export const trainingFile = "training.json";

/** A run that is under way, or was when its process was killed: `run.json` in the training's folder. */
const OpenRun = z.object({
  run: z.string(),
  startedAt: z.number(),
  actor: z.string(),
  source: z.string(),
  configDigest: z.string(),
  /** Length of log.jsonl when the run began, bytes. */
  logged: z.int().min(0),
});
type OpenRun = z.infer<typeof OpenRun>;

/**
 * A training as a run of the ledger: hands its events on, and when they are over, however that is, appends one row with tokens, joules,
 * the digest of the weights (as `outputDigest`) and of the configuration (as `briefDigest`). `end` is held until the row is durable.
 * The folder is this process's meanwhile: throws `conflict` when another trains there, and first records as `interrupted` a run whose
 * process was killed. What the training throws is recorded as `failed` and thrown on, with the run's id.
 * @example for await (const event of recordTraining(config, runTraining(config, seams), context)) print(event);
 */
export async function* recordTraining(
  config: TrainConfig,
  events: AsyncIterable<TrainEvent>,
  context: TrainingContext,
): AsyncGenerator<TrainingEvent> {
  const { out } = config;
  await mkdir(out, { recursive: true });
  const unlock = lockFolder(out, "the training");
  try {
    await settle(out, context);
    const open: OpenRun = {
      run: context.newId("run"),
      startedAt: context.clock.now(),
      actor: context.actor.id,
      source: context.actor.source,
      configDigest: createHash("sha256").update(canonicalJson(config)).digest("hex"),
      logged: await sizeOf(join(out, "log.jsonl")),
    };
    await writeWhole(join(out, trainingFile), `${JSON.stringify(config, null, 2)}\n`);
    await writeWhole(signOf(out), `${JSON.stringify(open)}\n`);
    const close = async (status: RunRecord["status"], errorCode?: string): Promise<LedgerRow> => {
      const row = await context.append(
        await recordOf(out, open, tally, { status, errorCode, at: context.clock.now() }, context),
      );
      await rm(signOf(out));
      return row;
    };
    const tally = new Tally();
    let end: (TrainEvent & { type: "end" }) | undefined;
    let over = false;
    try {
      for await (const event of events) {
        tally.add(event);
        if (event.type === "end") end = event;
        else yield event;
      }
      over = true;
      if (end === undefined) throw new InksealError("internal", "the training ended without a word");
      const row = await close(end.reason === "cancelled" ? "cancelled" : "done");
      yield { ...end, gramsCo2e: gramsCo2e(end.joules, context.gramsPerKwh) };
      yield { type: "recorded", run: open.run, row };
    } catch (thrown) {
      const error = InksealError.from(thrown).withRun(open.run);
      if (over) throw error; // the ledger could not be written: run.json stays, and the row is written later
      over = true;
      await close(
        error.code === "cancelled" ? "cancelled" : error.code === "shutting-down" ? "interrupted" : "failed",
        error.code,
      );
      throw error;
    } finally {
      if (!over) await close("cancelled", "cancelled").catch(() => undefined); // the reader left
    }
  } finally {
    unlock();
  }
}

/**
 * Records as `interrupted` the run in a training's folder whose process was killed, from what its log says. Undefined when there is none,
 * or when its process lives.
 */
export async function settleTraining(out: string, context: TrainingContext): Promise<LedgerRow | undefined> {
  if ((await sizeOf(signOf(out))) === 0) return undefined;
  let unlock: () => void;
  try {
    unlock = lockFolder(out, "the training");
  } catch (error) {
    if (InksealError.is(error) && error.code === "conflict") return undefined;
    throw error;
  }
  try {
    return await settle(out, context);
  } finally {
    unlock();
  }
}

async function settle(out: string, context: TrainingContext): Promise<LedgerRow | undefined> {
  const text = await readFile(signOf(out), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  let row: LedgerRow | undefined;
  const open = OpenRun.safeParse(parsed(text)); // cut short by the crash: the run had not begun
  if (open.success) {
    const tally = new Tally();
    const log = join(out, "log.jsonl");
    const logged = await readFile(log).catch(() => Buffer.alloc(0));
    for (const line of logged.subarray(open.data.logged).toString().split("\n")) {
      const event = parsed(line) as TrainEvent | undefined;
      if (event !== undefined) tally.add(event);
    }
    const at = await stat(log).then(
      (s) => Math.max(s.mtimeMs, open.data.startedAt),
      () => open.data.startedAt,
    );
    row = await context.append(await recordOf(out, open.data, tally, { status: "interrupted", at }, context));
  }
  await rm(signOf(out), { force: true });
  return row;
}

/** What a run's events add up to. */
class Tally {
  steps = 0;
  tokens = 0;
  joules = 0;
  evaluated = false;
  #before = 0;
  #first = 0;
  #tokensPerStep = 0;

  add(event: TrainEvent): void {
    if (event.type === "start") {
      // replicas that lost one start again from their checkpoint: what was done is counted once, what it cost is not taken back
      if (this.#tokensPerStep === 0) {
        this.#before = event.joules;
        this.#first = event.step;
      }
      this.#tokensPerStep = event.tokensPerStep;
    } else if (event.type === "step") {
      this.steps = event.step - this.#first;
      this.tokens = this.steps * this.#tokensPerStep;
    } else if (event.type === "evaluation") this.evaluated = true;
    if ("joules" in event) this.joules = Math.max(this.joules, event.joules - this.#before);
  }
}

async function recordOf(
  out: string,
  open: OpenRun,
  tally: Tally,
  ended: { readonly status: RunRecord["status"]; readonly errorCode?: string; readonly at: number },
  { gramsPerKwh }: TrainingContext,
): Promise<TrainingRecord> {
  const { steps, tokens, joules } = tally;
  const made = tally.evaluated || ended.status === "done" || (ended.status === "cancelled" && ended.errorCode === undefined);
  return {
    run: open.run,
    at: new Date(ended.at).toISOString(),
    status: ended.status,
    task: "training",
    engine: "lab",
    model: basename(resolve(out)),
    policy: defaultPolicy.name,
    decision: "allow",
    findings: [],
    marks: [],
    briefDigest: open.configDigest,
    outputDigest: made ? await digestOf(join(out, "model", "model.safetensors")) : "",
    usage: { inputTokens: tokens, steps, energy: joules, gramsCo2e: gramsCo2e(joules, gramsPerKwh) },
    totalMs: Math.max(0, ended.at - open.startedAt),
    actor: open.actor,
    source: open.source,
    ...(ended.errorCode !== undefined && { errorCode: ended.errorCode }),
    attempts: [],
  };
}

/** Renamed into place: whoever reads it meanwhile must never have half of it. */
async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
}

const signOf = (out: string): string => join(out, "run.json");
const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    (s) => s.size,
    () => 0,
  );

/** SHA-256, hex; empty when there is no such file. */
async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
  return hash.digest("hex");
}

/** A line that is no JSON (the last one of a killed process) is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
