import * as z from "zod";
import { ModelConfigSchema } from "../models/config.ts";

const count = z.int().min(1);

/** What `inkseal lab train CONFIG` reads: model, data, and how to train. Steps are optimiser steps. */
export const TrainConfigSchema = z.strictObject({
  model: ModelConfigSchema,
  /**
   * Sources and their weights in the mix. What a path is depends on the model:
   * gpt, and bert for masked tokens: plain text (.txt, .jsonl with `text`) or token files (.tokens);
   * bert with `classes`: .jsonl with `text` and `label`;
   * vae, gan and diffusion of pictures, and vit: a folder of PNG and JPEG files, or of one such folder for each class, or an IDX file of
   * MNIST (…images-idx3-ubyte, its labels beside it; .gz or not);
   * vit with `text`: .jsonl with `image`, a path from there, and `text`;
   * vae and gan of tables: .csv, whose columns are inferred when `model` names none. Missing numbers are empty, ?, NA, N/A, null or none.
   */
  data: z
    .array(
      z.strictObject({
        path: z.string(),
        weight: z.number().positive().default(1),
        /** Whether the first line of a .csv names its columns; else they are those of the model in order, or 1, 2, 3 … */
        header: z.boolean().default(true),
      }),
    )
    .min(1),
  tokenizer: z
    .discriminatedUnion("type", [
      z.strictObject({ type: z.literal("char") }),
      z.strictObject({ type: z.literal("bpe"), vocab: count }),
      z.strictObject({ type: z.literal("file"), path: z.string() }),
    ])
    .default({ type: "char" }),
  /** Share of the data that is held out for evaluation: the end of a text for a gpt, else examples at random by the seed. */
  holdOut: z.number().min(0).max(0.5).default(0.1),
  steps: count,
  /** Sequences of one forward pass. */
  batch: count,
  /** Forward passes summed into one optimiser step. */
  accumulate: count.default(1),
  /** Tokens of a sequence; by default the model's context. */
  length: count.optional(),
  learningRate: z.number().positive().default(1e-3),
  /** As a share of learningRate. */
  finalRate: z.number().min(0).max(1).default(0.1),
  warmup: z.int().min(0).default(100),
  schedule: z.enum(["cosine", "linear", "constant", "warmup-stable-decay"]).default("cosine"),
  weightDecay: z.number().min(0).default(0.1),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.99),
  /** Largest global norm of the gradient; 0 switches clipping off. */
  clip: z.number().min(0).default(1),
  evaluateEvery: count.default(250),
  evaluateBatches: count.default(20),
  /** Evaluations without improvement before training stops; 0 never stops early. */
  patience: z.int().min(0).default(0),
  checkpointEvery: count.default(500),
  seed: z.int().min(0).default(1),
  /** What computes: the cores of this machine, or its GPU through WebGPU (one worker; models that look at numbers in the middle of a step cannot). */
  device: z.enum(["cpu", "gpu"]).default("cpu"),
  /** Worker threads inside the tensor engine; by default the cores of the machine. */
  threads: count.optional(),
  /** Data-parallel replicas (each its own engine with one thread); `batch` is a multiple of them, over all machines. */
  replicas: count.default(1),
  /**
   * Workers that hold one GPT between them, for models too large for one: `tensor` cuts heads and feed-forward units, `pipeline` layers, whose
   * micro-batches are those of `accumulate`. Each replica takes tensor × pipeline workers of one thread, on one machine.
   */
  parallel: z.strictObject({ tensor: count.default(1), pipeline: count.default(1) }).default({ tensor: 1, pipeline: 1 }),
  /**
   * Training over several machines, each started with the same configuration but for its `rank`. Rank 0 listens at `address` (host:port),
   * reports and keeps the checkpoints. The secret that admits the others is no part of the configuration.
   */
  machines: z
    .strictObject({ rank: z.int().min(0), size: count, address: z.string().regex(/^.+:\d+$/) })
    .refine((m) => m.rank < m.size, "rank must be below size")
    .optional(),
  /** How often a training over replicas or machines starts again from its last checkpoint after one of them was lost. */
  recover: z.int().min(0).default(3),
  /**
   * Differentially private SGD (Abadi et al. 2016): per-example clipping to `clip` and Gaussian noise. It covers the weights: what a table's
   * columns are fitted to (categories and their shares, mixtures of numbers) is not private, unless the configuration gives it.
   */
  privacy: z
    .strictObject({ noise: z.number().positive(), clip: z.number().positive(), delta: z.number().positive().lt(1) })
    .optional(),
  /** Low-rank adaptation (Hu et al. 2021) of the checkpoint in `from`. */
  lora: z
    .strictObject({ rank: count, alpha: z.number().positive(), targets: z.array(z.string()).default(["q_proj", "v_proj"]) })
    .optional(),
  /**
   * Distillation (Hinton et al. 2015): a model with the same vocabulary, in the folder `teacher`, shows how likely it finds each token.
   * `weight` of the loss is how far the model is from that, both softened by `temperature`; the rest is the text's own tokens.
   */
  distil: z
    .strictObject({
      teacher: z.string(),
      temperature: z.number().positive().default(2),
      weight: z.number().min(0).max(1).default(0.5),
    })
    .optional(),
  /** Weights of the model in `from` that are 0 stay 0: fine-tuning after pruning. */
  keepZeros: z.boolean().default(false),
  /** A folder with a model to start from, plain or compressed. */
  from: z.string().optional(),
  /** Folder of checkpoints, the log and the finished model. */
  out: z.string(),
  /** Bytes that training may take; by default 80 % of the machine's, on a GPU what it gives. */
  memory: count.optional(),
});
export type TrainConfig = z.infer<typeof TrainConfigSchema>;

/** What a training reports while it runs; loss in nats per token, joules since its first start (a resumed one starts with some). */
export type TrainEvent =
  | {
      readonly type: "start";
      readonly step: number;
      readonly steps: number;
      readonly parameters: number;
      readonly memoryBytes: number;
      readonly tokensPerStep: number;
      readonly joules: number;
    }
  | {
      readonly type: "step";
      readonly step: number;
      readonly loss: number;
      readonly learningRate: number;
      readonly gradNorm: number;
      readonly tokensPerSecond: number;
      readonly joules: number;
    }
  | {
      readonly type: "evaluation";
      readonly step: number;
      readonly loss: number;
      readonly best: boolean;
      readonly epsilon?: number;
    }
  | { readonly type: "checkpoint"; readonly step: number; readonly path: string }
  | {
      readonly type: "end";
      readonly step: number;
      readonly reason: "finished" | "early-stop" | "cancelled";
      readonly loss: number;
      readonly bestLoss: number;
      readonly joules: number;
      readonly gramsCo2e: number;
    };
