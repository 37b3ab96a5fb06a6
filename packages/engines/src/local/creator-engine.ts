import { randomInt } from "node:crypto";
import { type Chunk, type Engine, InksealError, type Plan } from "@inkseal/core";
import type { Creator, Cutter } from "@inkseal/creators";
import { nodePlace, weightsFolder } from "@inkseal/creators/node";
import type { CreatorRun, CreatorWorkerStart } from "./creator-worker.ts";
import { Flow, whole } from "./flow.ts";
import { ModelThread } from "./model-thread.ts";

export interface CreatorOptions {
  /** Where the weights lie; those that come with the creators. */
  readonly folder?: string;
  /** Of the processor; all cores. */
  readonly threads?: number;
  /** Milliseconds without work after which the weights leave the memory; 5 minutes. */
  readonly idle?: number;
  /** Runs under way and waiting; 64. */
  readonly waiting?: number;
}

const worker = new URL("./creator-worker.ts", import.meta.url);

/** An embedded creator in a thread of its own, which is started when first asked for and freed when nobody asks any more. Its runs go one after another. */
export function creatorEngine<Job>(creator: Creator<Job>, options: CreatorOptions = {}): Engine {
  const { folder = weightsFolder(creator.name), threads, idle = 300_000, waiting = 64 } = options;
  let thread: ModelThread<CreatorRun<Job>> | undefined;
  let cutter: Promise<Cutter> | undefined;
  let users = 0;
  let rest: NodeJS.Timeout | undefined;
  let closed = false;

  const free = async (): Promise<void> => {
    clearTimeout(rest);
    const freed = thread;
    thread = undefined;
    await freed?.close();
  };

  async function work(plan: Plan, flow: Flow, signal: AbortSignal): Promise<void> {
    const model = creator.models.find(({ id }) => id === plan.model || plan.model === creator.name);
    if (model === undefined)
      throw new InksealError(
        "unknown-model",
        `${creator.name} has no model ${JSON.stringify(plan.model)}; it has ${creator.models.map(({ id }) => id).join(", ")}`,
        { param: "model" },
      );
    const job = await creator.jobOf({ ...plan, model: model.id }, (plan.seed ?? randomInt(2 ** 32)) >>> 0);
    if (closed) throw new InksealError("shutting-down", "the models are being freed");
    if (users >= waiting)
      throw new InksealError("overloaded", `${users} runs are under way for ${creator.name} already`, { retryAfter: 5 });
    clearTimeout(rest);
    if (thread?.lost) await free();
    thread ??= new ModelThread<CreatorRun<Job>>(worker, { name: creator.name, folder, threads } satisfies CreatorWorkerStart);
    users++;
    try {
      await thread.run({ job, wordMark: plan.wordMark }, flow, signal);
    } finally {
      if (--users === 0) rest = setTimeout(() => void free(), idle).unref();
    }
  }

  return {
    name: creator.name,
    place: "embedded",
    inProcess: true,
    tasks: creator.tasks,
    ...(creator.ignores !== undefined && { ignores: creator.ignores }),
    models: async () => creator.models,
    generate(plan: Plan, signal: AbortSignal): AsyncIterable<readonly Chunk[]> {
      const flow = new Flow();
      const batches = flow.run((leave) => work(plan, flow, leave), signal);
      return plan.brief.stream ? batches : whole(batches);
    },
    ...(creator.cutter !== undefined && {
      tokens: async (text) => {
        const cut = (await (cutter ??= creator.cutter!(nodePlace(folder))))(text);
        return cut === undefined ? [] : [{ models: creator.models.map(({ id }) => id), ...cut }];
      },
    }),
    close: async () => {
      closed = true;
      await free();
    },
  };
}
