import {
  Action,
  ArtifactInfo,
  BriefSchema,
  ChainReport,
  Finding,
  LedgerRow,
  Modality,
  PolicySchema,
  RunTask,
  Task,
  VerifyReport,
} from "@inkseal/core";
import { z } from "zod";
import { ErrorBody } from "./envelope.ts";

// Everything that goes over the native API, once: the server validates with these, the client parses with these,
// and the OpenAPI document is printed from these.

export { ErrorBody };
export const Place = z.enum(["embedded", "local", "cloud"]);

// ── health, models ──────────────────────────────────────────────────────────────────────────────────────────────────

export const Health = z.object({
  status: z.literal("ok"),
  version: z.string(),
  uptimeMs: z.number().min(0),
  engines: z.array(z.object({ name: z.string(), place: Place, tasks: z.array(Task) })),
  ledger: z.object({ dialect: z.enum(["pglite", "postgres"]), rows: z.int().min(0) }),
  /** `open`: no key exists, so the server listens on loopback only and everybody there may do everything. */
  auth: z.enum(["open", "keys"]),
});
export type Health = z.infer<typeof Health>;

export const ModelEntry = z.object({
  /** `engine/id`: what a brief's `model` takes. */
  name: z.string(),
  engine: z.string(),
  place: Place,
  id: z.string(),
  tasks: z.array(Task).readonly(),
  inputs: z.array(Modality).readonly().optional(),
  /** Tokens. */
  context: z.number().optional(),
  tools: z.boolean().optional(),
  vision: z.boolean().optional(),
  schema: z.boolean().optional(),
  logits: z.boolean().optional(),
  /** Made for one kind of piece: chosen unasked only when nothing else does the task. */
  narrow: z.boolean().optional(),
  /** JSON Schema of `controls.own` for this model. */
  controls: z.record(z.string(), z.unknown()).optional(),
  languages: z.array(z.string()).readonly().optional(),
  voices: z.array(z.string()).readonly().optional(),
  formats: z.array(z.string()).readonly().optional(),
  /** US dollars per million tokens. */
  price: z.object({ input: z.number(), output: z.number() }).optional(),
  licence: z.string().optional(),
  note: z.string().optional(),
});
export type ModelEntry = z.infer<typeof ModelEntry>;
export const ModelList = z.object({
  models: z.array(ModelEntry),
  /** Engines that could not say what they have, and why. */
  unavailable: z.array(z.object({ engine: z.string(), reason: z.string() })),
});
export type ModelList = z.infer<typeof ModelList>;

// ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A file in a JSON brief. */
export const FileJson = z.object({
  name: z.string().min(1).max(255),
  /** Only a hint: the server looks at the bytes. */
  mediaType: z.string().max(255).optional(),
  data: z.string().meta({ contentEncoding: "base64" }),
  role: z.string().max(64).optional(),
});
/** A brief as JSON: core's, with files in base64. */
export const RunRequest = BriefSchema.extend({ files: z.array(FileJson).max(64).default([]) });
export type RunRequest = z.input<typeof RunRequest>;

/** Absent means unknown, never zero. `energy` in joules, `gramsCo2e` in grams, `cost` in US dollars. */
export const UsageJson = z.object({
  inputTokens: z.number().optional(),
  outputTokens: z.number().optional(),
  cachedTokens: z.number().optional(),
  reasoningTokens: z.number().optional(),
  characters: z.number().optional(),
  seconds: z.number().optional(),
  images: z.number().optional(),
  cost: z.number().optional(),
  energy: z.number().optional(),
  gramsCo2e: z.number().optional(),
});

export const DecisionJson = z.object({
  kind: z.literal("decision"),
  version: z.literal(1),
  action: Action,
  findings: z.array(Finding),
  policy: z.string(),
  reason: z.string().optional(),
});

/** A cleared piece of the answer, without the provider's own event. */
export const ChunkJson = z.object({
  /** Choice, from 0. */
  index: z.int().min(0),
  text: z.string().optional(),
  reasoning: z.string().optional(),
  refusal: z.string().optional(),
  toolCalls: z
    .array(
      z.object({
        call: z.int().min(0),
        id: z.string().optional(),
        name: z.string().optional(),
        arguments: z.string().optional(),
      }),
    )
    .optional(),
  vector: z.array(z.number()).optional(),
  json: z.unknown().optional(),
  finish: z.string().optional(),
  usage: UsageJson.optional(),
});
export type ChunkJson = z.infer<typeof ChunkJson>;

/** A finished file. `data` (base64) only for what is not on the shelf (`keep: false`); else fetch the bytes by id. */
export const DeliveredArtifact = ArtifactInfo.extend({
  data: z.string().meta({ contentEncoding: "base64" }).optional(),
});
export type DeliveredArtifact = z.infer<typeof DeliveredArtifact>;

/** One event of a streamed run: an SSE event whose name is `type` and whose data is this. */
export const RunEventJson = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("started"),
    run: z.string(),
    engine: z.string(),
    model: z.string(),
    warnings: z.array(z.string()),
  }),
  z.object({ type: z.literal("delta"), chunks: z.array(ChunkJson) }),
  z.object({ type: z.literal("progress"), fraction: z.number().optional(), note: z.string().optional() }),
  z.object({ type: z.literal("findings"), findings: z.array(Finding) }),
  z.object({ type: z.literal("artifact"), artifact: DeliveredArtifact }),
  z.object({
    type: z.literal("finished"),
    run: z.string(),
    row: LedgerRow,
    usage: UsageJson,
    decision: DecisionJson,
    warnings: z.array(z.string()).optional(),
  }),
  z.object({ type: z.literal("failed"), run: z.string(), error: ErrorBody.shape.error }),
]);
export type RunEventJson = z.infer<typeof RunEventJson>;

/** A whole run at once. Words of the first choice in `text`; of every choice in `texts` when `n` was above 1. */
export const RunResult = z.object({
  run: z.string(),
  engine: z.string(),
  model: z.string(),
  text: z.string().optional(),
  texts: z.array(z.string()).optional(),
  reasoning: z.string().optional(),
  refusal: z.string().optional(),
  toolCalls: z.array(z.object({ id: z.string().optional(), name: z.string(), arguments: z.string() })).optional(),
  vectors: z.array(z.array(z.number())).optional(),
  json: z.unknown().optional(),
  finish: z.string().optional(),
  artifacts: z.array(DeliveredArtifact),
  row: LedgerRow,
  usage: UsageJson,
  decision: DecisionJson,
  warnings: z.array(z.string()),
});
export type RunResult = z.infer<typeof RunResult>;

export const RowStatus = LedgerRow.shape.status;
export const RunsQuery = z.object({
  /** Rows with `seq` below this, newest first. */
  before: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  status: RowStatus.optional(),
  task: RunTask.optional(),
  actor: z.string().max(128).optional(),
});
export type RunsQuery = Partial<z.infer<typeof RunsQuery>>;
/** `next` is the `before` of the following page; absent on the last. */
export const RunsPage = z.object({ rows: z.array(LedgerRow), next: z.int().optional() });
export type RunsPage = z.infer<typeof RunsPage>;
export const RunAnswer = z.object({ row: LedgerRow });
export const CancelAnswer = z.object({ run: z.string(), cancelled: z.literal(true) });

// ── artifacts ───────────────────────────────────────────────────────────────────────────────────────────────────────

export const ArtifactsQuery = z.object({
  /** Artifact id: older ones than this. */
  before: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
export type ArtifactsQuery = Partial<z.infer<typeof ArtifactsQuery>>;
export const ArtifactsPage = z.object({ artifacts: z.array(ArtifactInfo), next: z.string().optional() });
export type ArtifactsPage = z.infer<typeof ArtifactsPage>;
export const ArtifactAnswer = z.object({ artifact: ArtifactInfo });
export const BytesQuery = z.object({
  /** `1`: offer the file for saving instead of showing it. */
  download: z.enum(["0", "1"]).default("0"),
});

// ── verify, ledger ──────────────────────────────────────────────────────────────────────────────────────────────────

export { ChainReport, VerifyReport };
/** `head` is the newest row's hash; 64 zeros for an empty ledger. */
export const LedgerHead = z.object({ rows: z.int().min(0), head: z.string().regex(/^[0-9a-f]{64}$/) });
export type LedgerHead = z.infer<typeof LedgerHead>;
/** One event of a streamed chain check. */
export const ChainEventJson = z.discriminatedUnion("type", [
  z.object({ type: z.literal("progress"), done: z.int().min(0), total: z.int().min(0) }),
  z.object({ type: z.literal("report"), report: ChainReport }),
  z.object({ type: z.literal("failed"), error: ErrorBody.shape.error }),
]);
export const ExportQuery = z.object({ format: z.enum(["jsonl"]).default("jsonl") });

// ── policies, keys ──────────────────────────────────────────────────────────────────────────────────────────────────

/** A policy to be stored; its name is the address's. */
export const PolicyBody = PolicySchema.extend({ name: PolicySchema.shape.name.optional() });
export type PolicyBody = z.input<typeof PolicyBody>;
export const PolicyList = z.object({ policies: z.array(PolicySchema) });
export const PolicyAnswer = z.object({ policy: PolicySchema });

export const ScopeJson = z.enum(["create", "verify", "read", "admin"]);
/** Per calendar period (UTC); absent means unlimited. `cost` in US dollars, `energy` in joules. */
export const BudgetJson = z.object({
  period: z.enum(["day", "month", "total"]),
  tokens: z.number().min(0).optional(),
  cost: z.number().min(0).optional(),
  energy: z.number().min(0).optional(),
});
export const NewKeyBody = z.object({
  name: z.string().trim().min(1).max(100),
  scopes: z.array(ScopeJson).min(1).default(["create", "verify", "read"]),
  budget: BudgetJson.optional(),
  /** Requests a minute. */
  rate: z.int().min(1).optional(),
  policy: PolicySchema.shape.name.optional(),
  /** Models the key may use; `engine/*` for all of an engine. */
  models: z.array(z.string().min(1)).min(1).optional(),
  /** ISO 8601, UTC. */
  expiresAt: z.iso.datetime().optional(),
});
export type NewKeyBody = z.input<typeof NewKeyBody>;
export const KeyJson = z.object({
  id: z.string(),
  name: z.string(),
  /** First characters of the key, to tell keys apart. */
  prefix: z.string(),
  scopes: z.array(ScopeJson),
  budget: BudgetJson.optional(),
  rate: z.number().optional(),
  policy: z.string().optional(),
  models: z.array(z.string()).optional(),
  createdAt: z.string(),
  expiresAt: z.string().optional(),
  revokedAt: z.string().optional(),
  spent: z.object({ tokens: z.number(), cost: z.number(), energy: z.number() }),
});
export type KeyJson = z.infer<typeof KeyJson>;
export const KeyList = z.object({ keys: z.array(KeyJson) });
/** The secret is said this once. */
export const KeyCreated = z.object({ key: KeyJson, secret: z.string() });
export type KeyCreated = z.infer<typeof KeyCreated>;
