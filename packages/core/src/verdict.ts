import { z } from "zod";
import { Mark } from "./artifact.ts";
import { LedgerRow } from "./row.ts";

/** What one layer of marks says. `absent` proves nothing. */
export const LayerVerdict = z.object({
  layer: Mark.shape.layer,
  method: z.string(),
  status: z.enum(["valid", "invalid", "untrusted", "absent"]),
  /** In words; names the standard's own status code where there is one. */
  detail: z.string(),
  data: z.record(z.string(), z.unknown()).default({}),
});
export type LayerVerdict = z.infer<typeof LayerVerdict>;

/** A piece of the ledger that a file resembles, found by what it looks or sounds like. Never proof by itself. */
export const Resemblance = z.object({
  /** Of the fingerprint. */
  alg: z.string(),
  run: z.string(),
  artifact: z.string(),
  /** 0 (the same) to 1, and up to where pieces count as alike. */
  distance: z.number(),
  limit: z.number(),
  /** Of `of` pairs of foreign pieces compared, how many came that near; measured by `npm run bench -- mark`. */
  falseLinks: z.object({ found: z.int(), of: z.int() }),
});
export type Resemblance = z.infer<typeof Resemblance>;

/** One step of what a chain of C2PA manifests says was done, the newest first. */
export const HistoryStep = z.object({
  /** Label of the manifest. */
  manifest: z.string(),
  /** `c2pa.created`, `c2pa.edited` …, all that the manifest names. */
  actions: z.array(z.string()),
  /** As the signer says; nobody else bears it out without a time-stamp. */
  when: z.string().optional(),
  generator: z.string().optional(),
  softwareAgent: z.string().optional(),
  digitalSourceType: z.string().optional(),
  signer: z.string().optional(),
  run: z.string().optional(),
  /** Whether signature, assertions and the hash by which the next step names it hold. */
  proven: z.boolean(),
});
export type HistoryStep = z.infer<typeof HistoryStep>;

/** How errors of a detector were measured: people's texts against what the model itself wrote, photographs against pictures of generators. */
export const MeasuredErrors = z.object({
  /** Area under the ROC curve, and the share of the machine's found where 1 % of people's are. */
  auc: z.number(),
  foundAtOnePercent: z.number(),
  /** How many of each kind, and what they were. */
  people: z.int(),
  machine: z.int(),
  /** Of texts: tokens of each. */
  tokens: z.int().optional(),
  set: z.string(),
});
export type MeasuredErrors = z.infer<typeof MeasuredErrors>;

/** How much a thing without marks is like what machines make. A guess: it changes neither verdict nor class. */
export const Likelihood = z.object({
  of: z.enum(["words", "picture"]),
  engine: z.string(),
  model: z.string(),
  method: z.string(),
  score: z.number(),
  /** Share of the people's texts, or of the photographs, of its set that score as high or higher. */
  peopleAsHigh: z.number(),
  /** Of words. */
  tokens: z.int().optional(),
  measured: MeasuredErrors,
});
export type Likelihood = z.infer<typeof Likelihood>;

/** What a report cannot know. */
export const Unknown = z.enum([
  /** The file could not be examined within the time and memory that a file gets here. */
  "examination",
  /** Nothing found: a person may have made it, or its marks were removed. */
  "absence",
  /** No ledger was asked: a page that verifies by itself has none. */
  "ledger",
  /** The content could not be compared: a type that is not decoded here, or too little in it. */
  "content",
  /** No watermark was looked for: none of this kind of file, or no key. */
  "watermark",
  /** When it was made: only the signer says so. */
  "time",
  /** What was changed since, and by whom: found by what is left of it, or its manifest no longer fits. */
  "changes",
  /** Earlier versions that the history names and whose manifests are not there. */
  "earlier",
]);
export type Unknown = z.infer<typeof Unknown>;

/** The answer of `verify`: invalid input is a result, never an exception. */
export const VerifyReport = z.object({
  mediaType: z.string(),
  size: z.int().min(0),
  sha256: z.string(),
  /**
   * `recognised`: a valid mark or a ledger row. `altered`: marks that contradict the bytes. `similar`: no mark, but like a piece of the ledger.
   * `unknown`: nothing found.
   */
  verdict: z.enum(["recognised", "altered", "similar", "unknown", "unreadable"]),
  /**
   * Class under Article 6 of the Labelling Measures (标识办法): 1 confirmed (by metadata, or by this ledger's own row of these bytes),
   * 2 possible (可能, as metadata say), 3 suspected (疑似: a visible label, a watermark or a likeness without metadata), 0 none.
   */
  labelClass: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
  layers: z.array(LayerVerdict),
  /** The ledger row of these exact bytes, of the run that the marks name, or of the piece that this one resembles. */
  row: LedgerRow.optional(),
  /** How the row was found. */
  rowBy: z.enum(["sha256", "mark", "watermark", "fingerprint"]).optional(),
  /** Asked for words and pictures without a row and without marks, of models whose errors were measured. */
  likelihood: z.array(Likelihood).default([]),
  /** Nearest first; looked for when neither bytes nor marks lead to a row. */
  resembles: z.array(Resemblance).default([]),
  /** From the file's manifest, or from the one that was stored at sealing when the file has none. */
  history: z.array(HistoryStep).default([]),
  /** Where the history comes from. */
  historyFrom: z.enum(["file", "stored"]).optional(),
  /** Label of the manifest that is kept here for this piece: what the soft-binding API resolves. */
  storedManifest: z.string().optional(),
  unknown: z.array(Unknown).default([]),
});
export type VerifyReport = z.infer<typeof VerifyReport>;

/** What the C2PA layer says of its signature's time-stamp (RFC 3161), as `data.timeStamp`. */
export const TimeStampVerdict = z.object({
  /** `untrusted`: nobody whom this house trusts put that time. `invalid`: it is of something else, or cannot be read. */
  status: z.enum(["valid", "untrusted", "invalid"]),
  /** C2PA's own: `timeStamp.trusted`, `.untrusted`, `.mismatch`, `.malformed`, `.outsideValidity`. */
  code: z.string(),
  /** ISO 8601, UTC; absent where the stamp is not over these bytes. */
  at: z.string().optional(),
  /** Common name of the authority, likewise. */
  by: z.string().optional(),
});
export type TimeStampVerdict = z.infer<typeof TimeStampVerdict>;

export const timeStampOf = (layer: LayerVerdict): TimeStampVerdict | undefined =>
  TimeStampVerdict.safeParse(layer.data.timeStamp).data;
