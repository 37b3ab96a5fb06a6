import type { Chunk } from "./chunk.ts";
import type { Controls } from "./controls.ts";
import type { Modality, Task } from "./modality.ts";
import type { Plan } from "./plan.ts";
import type { Likelihood } from "./verdict.ts";

/** What a model can do. Absent feature flags mean no. */
export interface ModelInfo {
  /** The engine's own name of the model. */
  readonly id: string;
  readonly tasks: readonly Task[];
  readonly inputs?: readonly Modality[];
  /** Tokens. */
  readonly context?: number;
  readonly tools?: boolean;
  readonly vision?: boolean;
  /** Guarantees JSON Schema output by construction. */
  readonly schema?: boolean;
  /** Made for one kind of piece: chosen unasked only when nothing else does the task. */
  readonly narrow?: boolean;
  /** JSON Schema of the controls that it alone has, as `Controls.own` takes them. */
  readonly controls?: Readonly<Record<string, unknown>>;
  /** Exposes token probabilities, so that its text can carry a watermark. */
  readonly logits?: boolean;
  readonly languages?: readonly string[];
  readonly voices?: readonly string[];
  /** Media types it writes. */
  readonly formats?: readonly string[];
  /** US dollars per million tokens. */
  readonly price?: { readonly input: number; readonly output: number };
  /** Where the weights come from and under which licence, where known. */
  readonly licence?: string;
  /** One honest line for people. */
  readonly note?: string;
}

/** A text by one tokenizer. */
export interface TextTokens {
  /** The engine's own names of the models that have it. */
  readonly models: readonly string[];
  readonly ids: ArrayLike<number>;
  /** Where each stretch was drawn in several ways and one of them kept: how many there may have been, and the tokens that begin a stretch. */
  readonly ways?: { readonly count: number; readonly begins: readonly number[] };
}

/**
 * Something that generates or understands. Implementations are one file each in `engines`.
 *
 * `generate` yields batches: all chunks that arrived together (one read of a socket, one decode step), so that
 * nothing downstream pays a promise per token. It stops promptly when `signal` aborts and slows down when its
 * reader does. It throws only `InksealError`s.
 */
export interface Engine {
  /** Short and unique: `openai`, `llama`, `espeak`. The first half of `engine/model`. */
  readonly name: string;
  /** Where it runs; the policy may forbid `cloud`. */
  readonly place: "embedded" | "local" | "cloud";
  /** Whether its models run in this process, whose energy can be measured; absent means elsewhere. */
  readonly inProcess?: boolean;
  /** The tasks that some model of this engine can do. */
  readonly tasks: readonly Task[];
  /** Controls that it cannot honour: the plan warns of each that a brief sets. */
  readonly ignores?: readonly (keyof Controls)[];
  /** Known models. Empty when the engine takes any name. May ask the remote; bounded by `signal`. */
  models(signal?: AbortSignal): Promise<readonly ModelInfo[]>;
  generate(plan: Plan, signal: AbortSignal): AsyncIterable<readonly Chunk[]>;
  /** A text as tokens of the models that put a `wordMark` into their words, so that it can be looked for. Absent: none does. */
  tokens?(text: string, signal?: AbortSignal): Promise<readonly TextTokens[]>;
  /** How much a text reads like what its models write, by those whose errors were measured. Absent: it has none. */
  likelihood?(text: string, signal?: AbortSignal): Promise<readonly Omit<Likelihood, "engine">[]>;
  close?(): Promise<void>;
}
