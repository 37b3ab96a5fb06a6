import { LedgerRow, RunRecord } from "@inkseal/core";
import { z } from "zod";
import { ErrorBody } from "./envelope.ts";

/** Of a training, and of its folder and model: `lab/NAME`. */
export const TrainingName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,62}$/u, "letters, digits, dots and dashes, up to 63");

/** A training of the Lab. */
export const TrainingJson = z.object({
  name: z.string(),
  state: z.enum(["idle", "queued", "running", "stopping"]),
  /** How its last run ended; absent while none has. */
  outcome: z.enum(["finished", "early-stop", "cancelled", "failed", "interrupted"]).optional(),
  /** Why it failed. */
  error: ErrorBody.shape.error.optional(),
  /** What is trained: `gpt`, `vae` … */
  kind: z.string(),
  step: z.int().min(0),
  steps: z.int().min(0),
  parameters: z.number().optional(),
  /** Nats per token: of the last step, and the best that was held out. */
  loss: z.number().optional(),
  heldOut: z.number().optional(),
  /** Of all its runs. */
  joules: z.number(),
  gramsCo2e: z.number(),
  /** The factor between the two: grams per kilowatt-hour. */
  gramsPerKwh: z.number(),
  /** Its model's name for a brief, once there is one that writes. */
  model: z.string().optional(),
  /** The finished model's files together. */
  modelBytes: z.number().optional(),
  /** ISO 8601, UTC: the last sign of it. */
  at: z.string().optional(),
});
export type TrainingJson = z.infer<typeof TrainingJson>;
export const TrainingList = z.object({ trainings: z.array(TrainingJson) });
/** `config` as it was given. */
export const TrainingAnswer = z.object({ training: TrainingJson, config: z.record(z.string(), z.unknown()) });
export type TrainingAnswer = z.infer<typeof TrainingAnswer>;

/**
 * What to train: the Lab's configuration without `out`, and the words to learn as `text` or as files of the form. Paths in the
 * configuration are below the training's own folder, or `../OTHER/model`.
 */
export const NewTraining = z.object({
  name: TrainingName,
  config: z.record(z.string(), z.unknown()),
  text: z.string().min(1).optional(),
});
export type NewTraining = z.input<typeof NewTraining>;
/** Optimiser steps to go to, where they are not those of the configuration. */
export const ResumeBody = z.object({ steps: z.int().min(1).optional() });

const figure = z.number().nullable(); // JSON has no NaN and no infinity
/** What a training reports while it runs. Losses in nats per token (or what the model's kind minimises), joules of all its runs. */
export const TrainEventJson = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("start"), step: z.int(), steps: z.int(), parameters: z.number(), tokensPerStep: z.number() }),
  z.looseObject({
    type: z.literal("step"),
    step: z.int(),
    loss: figure,
    learningRate: figure,
    tokensPerSecond: figure,
    joules: z.number(),
  }),
  z.looseObject({ type: z.literal("evaluation"), step: z.int(), loss: figure, best: z.boolean() }),
  z.looseObject({ type: z.literal("checkpoint"), step: z.int() }),
  z.looseObject({ type: z.literal("end"), step: z.int(), reason: z.string(), bestLoss: figure, joules: z.number() }),
]);
export type TrainEventJson = z.infer<typeof TrainEventJson>;

/** One event of the stream of a training: what it reported, first what its log has (thinned out), then as it comes. */
export const TrainingEventJson = z.discriminatedUnion("type", [
  z.object({ type: z.literal("state"), training: TrainingJson }),
  z.object({ type: z.literal("events"), events: z.array(TrainEventJson) }),
]);
export type TrainingEventJson = z.infer<typeof TrainingEventJson>;

/** The row of a training that ran elsewhere on this machine: actor and source are the request's. */
export const TrainingRecordBody = RunRecord.extend({ task: z.literal("training"), engine: z.literal("lab") });
export type TrainingRecordBody = z.input<typeof TrainingRecordBody>;
export const TrainingRow = z.object({ row: LedgerRow });
