import type { Controls } from "@inkseal/core";
import type { ChoraleMode } from "./chorale/vocabulary.ts";
import type { Key } from "./score/key.ts";
import type { Metre, Tune } from "./score/tune.ts";
import type { TunePlan } from "./tune/rules.ts";

/** A melody that is made, or gone on with, under its rules. */
export interface TuneWork {
  readonly kind: "tune";
  readonly plan: TunePlan;
  readonly header: readonly number[];
  readonly opening: readonly number[];
  readonly repeats: boolean;
}
/** Four voices: under a given melody, or all of them. */
export interface ChoraleWork {
  readonly kind: "chorale";
  readonly key: Key;
  readonly metre: Metre;
  readonly mode: ChoraleMode;
  /** Semitones from C to the key. */
  readonly shift: number;
  readonly melody?: Tune;
  /** Bars of a free one. */
  readonly bars: number;
  readonly candidates: number;
}

/** What the thread makes: everything is decided but the notes. */
export interface MelodyJob {
  readonly work: TuneWork | ChoraleWork;
  readonly title: string;
  readonly credit: string;
  readonly tempo: number;
  readonly program: number;
  readonly instrument: string;
  /** A media type, or `text` for ABC in a conversation. */
  readonly output: string;
  readonly stream: boolean;
  readonly choices: number;
  readonly seed: number;
  readonly temperature: number;
  readonly topP: number;
}

/** Common controls that a melody has no use for. */
export const ignored = [
  ...["topK", "minP", "maxTokens", "stop", "frequencyPenalty", "presencePenalty", "schema", "grammar", "tools", "toolChoice"],
  ...["language", "style", "voice", "pitch", "size", "quality", "negative", "steps", "guidance", "dimensions"],
] as unknown as readonly (keyof Controls)[];
