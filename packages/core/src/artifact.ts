import { z } from "zod";

/** One mark as it was put on, or as it was found. */
export const Mark = z.object({
  /** `label` (visible or audible), `aigc` (GB 45438 metadata), `c2pa`, `iptc`, `watermark`. */
  layer: z.enum(["label", "aigc", "c2pa", "iptc", "watermark"]),
  /** Method and version: `gb45438.corner`, `gb45438.morse`, `c2pa.2`. */
  method: z.string(),
  /** Method's own data, JSON-safe and short. */
  data: z.record(z.string(), z.unknown()).optional(),
});
export type Mark = z.infer<typeof Mark>;

/** Finished bytes with media type and marks. */
export interface Artifact {
  readonly kind: "artifact";
  readonly version: 1;
  /** Time-ordered id. */
  readonly id: string;
  readonly run: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** SHA-256 of `bytes`, hex. */
  readonly sha256: string;
  readonly marks: readonly Mark[];
  /** What leads back to it once its marks are gone. */
  readonly trace?: Trace;
  /** What marking could not do, for people. */
  readonly warnings?: readonly string[];
}

/** What is kept of a sealed piece so that copies of it are found again. */
export interface Trace {
  /** The C2PA manifest store that it carries, and the active manifest's label. */
  readonly manifest?: { readonly id: string; readonly store: Uint8Array };
  /** What it looks or sounds like, by algorithm; `keys` (32 bits, signed) are what an index files it under. */
  readonly prints: readonly { readonly alg: string; readonly value: Uint8Array; readonly keys: readonly number[] }[];
}

/** An artifact without its bytes: what the ledger and the API list. */
export const ArtifactInfo = z.object({
  id: z.string(),
  run: z.string(),
  mediaType: z.string(),
  size: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  marks: z.array(Mark),
  at: z.string(),
  /** Short title for people, from the brief's intent; only where the policy keeps text. */
  title: z.string().optional(),
});
export type ArtifactInfo = z.infer<typeof ArtifactInfo>;

/** What has to be known of a run to mark its output. */
export interface Provenance {
  readonly run: string;
  /** Time-ordered id the artifact will have. */
  readonly artifact: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly engine: string;
  readonly model: string;
  readonly place: "embedded" | "local" | "cloud";
  /** Made by a trained model, by rules without training data, or an AI edit of somebody's input. */
  readonly source: "trained" | "algorithmic" | "composite";
  readonly locale: "zh-CN" | "en";
  /** Seconds that the label of the sound made before it takes at its head: captions wait for it. */
  readonly lead?: number;
  /** What the engine put into the words of this file. */
  readonly wordMarks?: readonly Mark[];
}
