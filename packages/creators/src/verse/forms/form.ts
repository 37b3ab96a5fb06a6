/** What a place asks of its tone: 平, 仄, or either. */
export type ToneWish = "平" | "仄" | "中";
/** Tones of one line, one `ToneWish` a place. */
export type TonePattern = string;

export interface FormLine {
  /** Ways that this line may go, all of one length. */
  readonly tones: readonly TonePattern[];
  /** The mark after the line. */
  readonly mark: "，" | "。" | "、";
  /** Which rhyme its last character belongs to; lines with one number rhyme. */
  readonly rhyme?: number;
}

/** One way of a whole poem. */
export interface Metre {
  readonly name: string;
  readonly lines: readonly FormLine[];
}

/** A form of verse: metres that agree in the length and the mark of every line. */
export interface Form {
  readonly name: string;
  readonly metres: readonly [Metre, ...Metre[]];
  /** Places that say again what an earlier one said: 知否，知否. */
  readonly echoes?: ReadonlyMap<number, number>;
  /** Line after which a new part begins, where there are parts. */
  readonly breakAfter?: number;
}

export const lengthsOf = (form: Form): number[] => form.metres[0].lines.map((line) => line.tones[0]!.length);
export const marksOf = (form: Form): string[] => form.metres[0].lines.map((line) => line.mark);
export const rhymeCount = (form: Form): number =>
  1 + Math.max(-1, ...form.metres.flatMap((metre) => metre.lines.map((line) => line.rhyme ?? -1)));
