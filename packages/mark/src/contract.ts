import type {
  Artifact,
  Cleared,
  LayerVerdict,
  Likelihood,
  MediaPart,
  Policy,
  Provenance,
  TextTokens,
  WordMark,
} from "@inkseal/core";
import type { History } from "./c2pa/history.ts";
import type { Seen } from "./fingerprint/method.ts";

/** What signs C2PA manifests. ES256 (ECDSA P-256, SHA-256). */
export interface Signer {
  /** PEM chain, leaf first; the root may be left out. */
  readonly certificates: string;
  /** Raw r‖s, 64 bytes. */
  sign(data: Uint8Array): Promise<Uint8Array>;
}

/** GB 45438 Annex E: who writes the `AIGC` field. Code points 0x21–0x7E only. */
export interface Producer {
  /** ContentProducer: the provider's name or registered code. */
  readonly code: string;
}

/** A text as tokens of an engine's models. */
export type EngineTokens = TextTokens & { readonly engine: string };

export interface Marker {
  /** Puts every mark on that the policy asks for and the container can carry; says which in `artifact.marks`. */
  seal(media: Cleared<MediaPart>, policy: Policy, provenance: Provenance): Promise<Artifact>;
  /** What engines mark the words with that they draw; undefined without a key. */
  readonly wordMark?: WordMark | undefined;
  /**
   * Looks for that mark in a text, which `tokens` cuts up as the models do that put it on. Undefined for other files, without a key and where
   * no model here could have put it on.
   */
  readWords(bytes: Uint8Array, tokens: (text: string) => Promise<readonly EngineTokens[]>): Promise<LayerVerdict | undefined>;
  /** Reads every layer. Never throws for bad input: that is a verdict. */
  read(bytes: Uint8Array): Promise<MarkReading>;
  /** What the content itself looks, sounds and reads like; nothing where that is not known here, or says too little. */
  look(bytes: Uint8Array): Promise<readonly Seen[]>;
  /** How much a picture's pixels are like what generators make; undefined for what that was not measured on. A guess, never proof. */
  likelihood(bytes: Uint8Array): Promise<Likelihood | undefined>;
  /** What a C2PA manifest store says was done. Throws `bad-file`. */
  history(store: Uint8Array): Promise<History>;
}

export interface MarkReading {
  readonly mediaType: string;
  readonly layers: readonly LayerVerdict[];
  /** Run and artifact ids that a valid or untrusted mark names. */
  readonly run?: string;
  readonly artifact?: string;
  /** How the id of the run begins, after a valid watermark. */
  readonly runStart?: string;
  /** Article 6 class of the implicit label: 1 confirmed, 2 possible, 3 suspected; 0 none. */
  readonly labelClass: 0 | 1 | 2 | 3;
  /** The file took more time or memory than it was given, or ended the process that read it: nothing is known of its marks. */
  readonly unexamined?: "time" | "memory" | "crash";
  /** From the manifest in the file, when it has one that can be read. */
  readonly history?: History;
}
