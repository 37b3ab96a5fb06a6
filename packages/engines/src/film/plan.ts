import type { Cue } from "../captions/cues.ts";
import type { Move } from "./camera.ts";

/** One shot of a film, all that the thread needs to draw it. */
export interface Shot {
  readonly seconds: number;
  /** A file of the job's folder; without one the ground is painted. */
  readonly picture?: string;
  readonly shows: string;
  readonly seed: number;
  readonly move: Move;
  /** Times from the shot's own begin. */
  readonly cues: readonly Cue[];
  readonly title?: { readonly text: string; readonly author?: string };
}

/**
 * How the frames are coded: for people; or for whoever marks them and codes them again, without loss, or finely, with 50 dB, where that would be too
 * much to hand over.
 */
export type Coding = "delivery" | "lossless" | "fine";

/** A film as its thread gets it; files are in `folder`. */
export interface FilmPlan {
  readonly folder: string;
  readonly ffmpeg: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly format: "mp4" | "webm";
  readonly coding: Coding;
  readonly shots: readonly Shot[];
  /** Recordings (WAV) and when they begin. */
  readonly voices: readonly { readonly file: string; readonly at: number }[];
  /** When somebody speaks. */
  readonly speech: readonly (readonly [number, number])[];
  readonly music?: string;
  /** All words that are ever lettered, so that one choice of fonts holds them. */
  readonly words: string;
}

/** What the thread says. */
export type FilmWord =
  | { readonly type: "progress"; readonly fraction: number; readonly note: string }
  | { readonly type: "done"; readonly file: string }
  | { readonly type: "failed"; readonly message: string };

/** Seconds over which one shot comes through the one before. */
export const crossFade = 0.7;
export const secondsOfShots = (shots: readonly Pick<Shot, "seconds">[]): number => shots.reduce((n, s) => n + s.seconds, 0);
