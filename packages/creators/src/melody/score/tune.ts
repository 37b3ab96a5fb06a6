import type { Key } from "./key.ts";
import type { Pitch } from "./pitch.ts";

/** Ticks of a whole note: 32nds, and triplets of quarters, eighths and sixteenths are whole numbers of them. */
export const wholeTicks = 192;

export interface Metre {
  readonly beats: number;
  /** The note that is a beat: 2, 4, 8. */
  readonly unit: number;
}
export const barTicks = ({ beats, unit }: Metre): number => (wholeTicks * beats) / unit;
export const metreName = ({ beats, unit }: Metre): string => `${beats}/${unit}`;

/** Ticks from one felt beat to the next: a dotted note where the metre counts threes of eighths. */
export const beatTicks = ({ beats, unit }: Metre): number =>
  unit >= 8 && beats % 3 === 0 ? (3 * wholeTicks) / unit : wholeTicks / unit;

/** A note, or a rest where there is no pitch. */
export interface Sound {
  readonly pitch?: Pitch;
  readonly ticks: number;
  /** It goes on sounding from the note before, of the same pitch. */
  readonly held?: boolean;
}
export type Bar = readonly Sound[];

/** A strain of a tune: its upbeat, and its bars. */
export interface Part {
  readonly upbeat: Bar;
  readonly bars: readonly Bar[];
  readonly repeated: boolean;
}

/** One melody as it is written. */
export interface Tune {
  readonly title?: string;
  readonly rhythm?: string;
  readonly key: Key;
  readonly metre: Metre;
  /** Felt beats in a minute. */
  readonly tempo?: number;
  readonly parts: readonly Part[];
}

export const ticksOf = (bar: Bar): number => bar.reduce((sum, { ticks }) => sum + ticks, 0);
/** All sounds in order, each part once. */
export const soundsOf = ({ parts }: Pick<Tune, "parts">): Sound[] =>
  parts.flatMap(({ upbeat, bars }) => [...upbeat, ...bars.flat()]);
