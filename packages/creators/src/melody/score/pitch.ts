/** A written pitch: `step` counts white keys from C0 (C4 is 28), `alter` semitones up from it. */
export interface Pitch {
  readonly step: number;
  readonly alter: number;
}
export const letters = ["C", "D", "E", "F", "G", "A", "B"] as const;
const semitones = [0, 2, 4, 5, 7, 9, 11] as const;

export const mod = (n: number, by: number): number => ((n % by) + by) % by;
export const octaveOf = ({ step }: Pitch): number => Math.floor(step / 7);
export const letterOf = ({ step }: Pitch): (typeof letters)[number] => letters[mod(step, 7)]!;

/** Middle C, C4, is 60. */
export const midiOf = (pitch: Pitch): number => 12 * (octaveOf(pitch) + 1) + semitones[mod(pitch.step, 7)]! + pitch.alter;

/** As people write it: `F#4`, `Bb3`. */
export const nameOf = (pitch: Pitch): string =>
  `${letterOf(pitch)}${pitch.alter < 0 ? "b".repeat(-pitch.alter) : "#".repeat(pitch.alter)}${octaveOf(pitch)}`;
