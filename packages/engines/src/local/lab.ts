import { randomInt } from "node:crypto";
import { type Brief, type Chunk, type Engine, InksealError, type Plan, type Task } from "@inkseal/core";
import { conversationOf } from "../remote/turns.ts";
import { Flow, whole } from "./flow.ts";
import { gbnfOf } from "./gbnf.ts";
import { chooseLabModel, type LabModel, labModels } from "./lab-folder.ts";
import type { LabJob, Turn } from "./lab-job.ts";
import { likelihoods } from "./lab-likelihood.ts";
import { LabModels } from "./lab-models.ts";
import { LabTokens } from "./lab-tokens.ts";

export interface LabOptions {
  /** The Lab's folder: each training's model lies in `NAME/model`, others in `NAME`. */
  readonly folder: string;
  /** Models in memory at once; 2. */
  readonly models?: number;
  /** Sequences of one model side by side; 8. */
  readonly parallel?: number;
  /** Runs under way and waiting, of one model; 64. */
  readonly waiting?: number;
  /** Of the processor for each model; all cores. */
  readonly threads?: number;
}

/** Milliseconds that models may take to judge a text. */
const patience = 30_000;

const tasks: readonly Task[] = ["chat", "completion"];

/**
 * Language models that the Lab trained, plain or packed, on its own kernels. Each model has a thread of its own, in which all its runs
 * go on in one batch; a new one joins at the next token. Conversations need a chat template. The same seed and brief say the same words.
 */
export function labEngine({ folder, models = 2, parallel = 8, waiting = 64, threads }: LabOptions): Engine {
  const tokens = new LabTokens();
  const loaded = new LabModels({ models, parallel, waiting, threads });

  async function work({ brief, model: name, seed, wordMark }: Plan, flow: Flow, signal: AbortSignal): Promise<void> {
    const model = await chooseLabModel(folder, name);
    const job = await jobOf(brief, seed, model, signal);
    const marked = { ...job, ...(wordMark && { wordMark }) };
    await loaded.use(model, signal, (thread) => thread.run(marked, flow, signal));
  }

  return {
    name: "lab",
    place: "local",
    inProcess: true,
    tasks,
    ignores: ["tools", "toolChoice", "language", "style"],
    models: async () =>
      (await labModels(folder)).map(({ id, context, chatTemplate }) => ({
        id,
        tasks: chatTemplate ? tasks : ["completion"],
        inputs: ["text"],
        ...(context !== undefined && { context }),
        schema: true,
        logits: true,
      })),
    generate(plan: Plan, signal: AbortSignal): AsyncIterable<readonly Chunk[]> {
      const flow = new Flow();
      const batches = flow.run((leave) => work(plan, flow, leave), signal);
      return plan.brief.stream ? batches : whole(batches);
    },
    likelihood: async (text, signal = AbortSignal.timeout(patience)) =>
      await likelihoods(text, await labModels(folder), loaded, signal),
    tokens: async (text) => await tokens.of(text, await labModels(folder)),
    close: () => loaded.close(),
  };
}

/** A brief as the model's thread takes it; what it leaves out is as llama.cpp's own server has it. */
async function jobOf(
  brief: Brief,
  seed: number | undefined,
  { id, chatTemplate }: LabModel,
  signal: AbortSignal,
): Promise<LabJob> {
  const { task, controls: c, wire } = brief;
  if (!tasks.includes(task) || (task === "chat" && !chatTemplate))
    throw new InksealError(
      "cannot-do",
      `${id} does ${chatTemplate ? "chat and completion" : "completion: it has no chat template"}, not ${task}`,
      { param: "model" },
    );
  if (wire !== undefined) refuseLogprobs(wire.params);
  const bias = wire?.params.logit_bias;
  const grammar = gbnfOf(c);
  return {
    prompt: task === "chat" ? await turnsOf(brief, signal) : (brief.text ?? ""),
    choices: c.n ?? 1,
    seed: (seed ?? randomInt(2 ** 32)) >>> 0,
    sampling: {
      temperature: c.temperature ?? 0.8,
      topP: Math.max(c.topP ?? 0.95, Number.MIN_VALUE),
      topK: c.topK ?? 40,
      minP: c.minP ?? 0.05,
      ...(c.frequencyPenalty !== undefined && { frequencyPenalty: c.frequencyPenalty }),
      ...(c.presencePenalty !== undefined && { presencePenalty: c.presencePenalty }),
    },
    ...(c.maxTokens !== undefined && { maxTokens: c.maxTokens }),
    stop: c.stop?.filter((s) => s !== "") ?? [],
    ...(typeof bias === "object" && bias !== null && { bias: bias as Record<string, number> }),
    ...(grammar !== undefined && { grammar }),
  };
}

/**
 * Log probabilities spell out, token for token, what the guards mask or hold back in the text, and the likeliest other tokens are words that no guard reads.
 * They are refused and not left out: who asks for them computes with them.
 */
function refuseLogprobs(params: Readonly<Record<string, unknown>>): void {
  const asked = (["logprobs", "top_logprobs"] as const).find((name) => {
    const value = params[name] ?? false;
    return value !== false && !(name === "top_logprobs" && value === 0); // completions ask for the chosen token's with 0
  });
  if (asked !== undefined)
    throw new InksealError("cannot-do", "the Lab's models give no log probabilities: they would spell out what guards mask", {
      param: asked,
    });
}

/** Throws `cannot-do` for pictures, files and calls: these models read words. */
async function turnsOf(brief: Brief, signal: AbortSignal): Promise<readonly Turn[]> {
  const blind = (): InksealError => new InksealError("cannot-do", "the Lab's models read words only", { param: "messages" });
  const { system, turns } = await conversationOf(brief, () => Promise.reject(blind()), signal);
  const said = turns.map(({ role, parts }) => {
    const texts = parts.map((part) => {
      if (part.kind !== "text") throw blind();
      return part.text;
    });
    return { role, content: texts.join("\n\n") };
  });
  return system === "" ? said : [{ role: "system", content: system }, ...said];
}
