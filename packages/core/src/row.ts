import { z } from "zod";
import { Mark } from "./artifact.ts";
import { Action, Finding } from "./finding.ts";
import { RunTask } from "./modality.ts";

/** What the ledger keeps of a run. Holds digests, never words (see `keepText`). */
export const RunRecord = z.object({
  /** Time-ordered run id, `run_…`. */
  run: z.string(),
  /** ISO 8601, UTC: when the run ended. */
  at: z.string(),
  status: z.enum(["done", "failed", "cancelled", "blocked", "interrupted"]),
  task: RunTask,
  engine: z.string(),
  model: z.string(),
  policy: z.string(),
  decision: Action,
  findings: z.array(Finding),
  marks: z.array(Mark),
  /** SHA-256 over the canonical JSON of the brief as it came, or of a training's configuration; hex. */
  briefDigest: z.string(),
  /** SHA-256 of everything delivered (text as UTF-8, the artifact's bytes, or a trained model's weights), hex; empty when nothing was. */
  outputDigest: z.string(),
  artifact: z.object({ id: z.string(), sha256: z.string(), mediaType: z.string(), size: z.int() }).optional(),
  usage: z.record(z.string(), z.number()).default({}),
  /** Milliseconds from start to first content, and to the end. */
  firstMs: z.number().optional(),
  totalMs: z.number(),
  /** Key id, or `local`. */
  actor: z.string(),
  /** `api`, `cli`, `studio`, `recipe:NAME`. */
  source: z.string(),
  errorCode: z.string().optional(),
  /** Engines tried before this one, with the error of each. */
  attempts: z.array(z.object({ engine: z.string(), model: z.string(), errorCode: z.string() })).default([]),
  /** Encrypted words, only by policy. */
  sealedText: z.string().optional(),
});
export type RunRecord = z.infer<typeof RunRecord>;

/** A record in the chain: `hash` covers `seq`, `prev` and the record's canonical JSON. */
export const LedgerRow = RunRecord.extend({
  seq: z.int().min(1),
  prev: z.string().regex(/^[0-9a-f]{64}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type LedgerRow = z.infer<typeof LedgerRow>;

/** One thing wrong with a chain. */
export const ChainFault = z.object({
  seq: z.int(),
  run: z.string().optional(),
  fault: z.enum(["changed", "removed", "reordered", "foreign-head"]),
  detail: z.string(),
});
export type ChainFault = z.infer<typeof ChainFault>;
export const ChainReport = z.object({ ok: z.boolean(), rows: z.int(), head: z.string(), faults: z.array(ChainFault) });
export type ChainReport = z.infer<typeof ChainReport>;
