import type {
  AutomaticSpeechRecognitionPipeline,
  FeatureExtractionPipeline,
  TextClassificationPipeline,
  TextGenerationPipeline,
} from "@huggingface/transformers";
import { parseRiff, readPcm, wavFormat } from "@inkseal/codec";
import { type Engine, InksealError, type Plan } from "@inkseal/core";
import { Flow, whole } from "./flow.ts";
import { type OnnxModel, onnxModels, readOnnxModel } from "./onnx-folder.ts";
import { OnnxRuntime } from "./onnx-runtime.ts";
import { speak } from "./onnx-words.ts";
import { Slots } from "./slots.ts";

export interface OnnxOptions {
  /** Folder of models, each a folder with `config.json`, the tokenizer's files and `onnx/*.onnx`. */
  readonly folder: string;
  /** Runs that may wait; 32. */
  readonly waiting?: number;
}

const speechRate = 16_000;

/**
 * ONNX Runtime through transformers.js, over the user's own folders: causal language models (chat where they have a
 * template, completion), encoders (embedding), speech recognisers (transcription of WAV), classifiers (moderation). Nothing is
 * fetched. One run at a time: the runtime uses all cores for it.
 */
export function onnxEngine({ folder, waiting = 32 }: OnnxOptions): Engine {
  const runtime = new OnnxRuntime();
  const turns = new Slots({ make: async () => true, free: async () => undefined, most: 1, waiting });

  async function work({ brief, model: name, seed }: Plan, flow: Flow, signal: AbortSignal): Promise<void> {
    const model = await choose(folder, name);
    if (!model.tasks.includes(brief.task))
      throw new InksealError("cannot-do", `${model.id} does ${model.tasks.join(" and ")}, not ${brief.task}`, {
        param: "model",
      });
    const turn = await turns.take(signal);
    try {
      if (signal.aborted) return;
      const texts = brief.texts ?? (brief.text === undefined ? [] : [brief.text]);
      switch (brief.task) {
        case "embedding":
          return await embed(await runtime.pipeline(model), texts, flow);
        case "moderation":
          return await judge(await runtime.pipeline(model), texts, flow, model.id);
        case "transcription":
          return await transcribe(await runtime.pipeline(model), brief.files[0]?.bytes, flow);
        default: {
          const speaker = await runtime.pipeline<TextGenerationPipeline>(model);
          return await speak({ brief, seed, model, library: await runtime.library(), speaker, flow, signal });
        }
      }
    } catch (cause) {
      throw InksealError.is(cause) ? cause : new InksealError("bad-file", `${model.id} failed while it ran`, { cause });
    } finally {
      turns.give(turn);
    }
  }

  return {
    name: "onnx",
    place: "local",
    inProcess: true,
    tasks: ["chat", "completion", "embedding", "transcription", "moderation"],
    ignores: ["minP", "frequencyPenalty", "presencePenalty", "schema", "grammar", "tools", "toolChoice"],
    async models() {
      return (await onnxModels(folder)).map(({ id, tasks, context, chatTemplate }) => ({
        id,
        tasks: tasks.filter((t) => t !== "chat" || chatTemplate),
        context,
      }));
    },
    generate(plan, signal) {
      const flow = new Flow();
      const batches = flow.run((left) => work(plan, flow, left), signal);
      return plan.brief.stream ? batches : whole(batches);
    },
    close: () => runtime.close(),
  };
}

async function choose(folder: string, name: string): Promise<OnnxModel> {
  const models = await onnxModels(folder);
  const model = models.find((m) => m.id === name);
  if (model !== undefined) return model;
  // a folder that is there but not whole says what it lacks; no name leads out of the models folder
  const plain = name !== "" && !name.split(/[/\\]/).some((part) => part === "" || part === "." || part === "..");
  if (plain) {
    const broken = await readOnnxModel(folder, name).catch((error: unknown) => InksealError.from(error));
    if (InksealError.is(broken) && !/no readable config\.json/.test(broken.message)) throw broken;
  }
  throw new InksealError("unknown-model", `the models folder has no ONNX model ${JSON.stringify(name.slice(0, 200))}`, {
    param: "model",
  });
}

/** Means over the tokens, of length 1. */
async function embed(pipeline: FeatureExtractionPipeline, texts: readonly string[], flow: Flow): Promise<void> {
  if (texts.length === 0) throw new InksealError("bad-request", "input: nothing to embed", { param: "input" });
  const { tokenizer } = pipeline;
  const inputTokens = texts.reduce((sum, text) => sum + tokenizer.encode(text).length, 0);
  for (const [index, text] of texts.entries()) {
    const tensor = await pipeline(text, { pooling: "mean", normalize: true });
    const vector = Array.from(tensor.data as Float32Array);
    flow.push({ index, vector, finish: "stop", ...(index === 0 && { usage: { inputTokens } }) });
  }
}

/** A classifier's labels in the form of OpenAI's moderations; labels that say that all is well do not flag. */
async function judge(pipeline: TextClassificationPipeline, texts: readonly string[], flow: Flow, model: string): Promise<void> {
  if (texts.length === 0) throw new InksealError("bad-request", "input: nothing to look at", { param: "input" });
  const results = [];
  for (const text of texts) {
    const labels = (await pipeline(text, { top_k: null } as never)) as unknown as readonly { label: string; score: number }[];
    const bad = labels.filter(
      ({ label }) => !/^(non[-_ ]?toxic|not[-_ ]?toxic|neutral|safe|normal|clean|ok|label_0)$/i.test(label),
    );
    results.push({
      flagged: bad.some(({ score }) => score >= 0.5),
      categories: Object.fromEntries(bad.map(({ label, score }) => [label, score >= 0.5])),
      category_scores: Object.fromEntries(bad.map(({ label, score }) => [label, score])),
    });
  }
  flow.push({ index: 0, json: { id: `modr-${model}`, model, results }, finish: "stop" });
}

async function transcribe(
  pipeline: AutomaticSpeechRecognitionPipeline,
  bytes: Uint8Array | undefined,
  flow: Flow,
): Promise<void> {
  if (bytes === undefined) throw new InksealError("bad-request", "file: nothing to listen to", { param: "file" });
  const riff = parseRiff(bytes);
  const format = wavFormat(riff);
  const samples = readPcm(riff.chunks.find((c) => c.id === "data")?.data ?? new Uint8Array(0), format);
  const seconds = samples.length / format.rate;
  const answer = await pipeline(resampled(samples, format.rate), { chunk_length_s: 30 } as never);
  const { text } = answer as { text: string };
  flow.push({
    index: 0,
    text: text.trim(),
    json: { text: text.trim(), duration: seconds },
    finish: "stop",
    usage: { seconds },
  });
}

/** To 16 kHz: each new sample is the mean of those it covers, or lies on the line between two. */
function resampled(samples: Float32Array, rate: number): Float32Array {
  if (rate === speechRate) return samples;
  const step = rate / speechRate;
  return Float32Array.from({ length: Math.floor(samples.length / step) }, (_, i) => {
    const from = i * step;
    if (step <= 1) {
      const left = samples[Math.floor(from)] ?? 0;
      return left + ((samples[Math.floor(from) + 1] ?? left) - left) * (from % 1);
    }
    const to = Math.min(samples.length, Math.ceil(from + step));
    let sum = 0;
    for (let at = Math.floor(from); at < to; at++) sum += samples[at] as number;
    return sum / (to - Math.floor(from));
  });
}
