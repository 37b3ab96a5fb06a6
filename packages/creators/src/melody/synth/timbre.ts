/**
 * What plays: a small synthesiser of our own rather than a soundfont. The smallest free General MIDI bank of good sound is 14.6 MB in a package of 56 MB, and
 * reading it costs more than a second; these timbres are a table, start at once and run in a page. They are plain, and meant for hearing a tune.
 */
export interface Sustained {
  readonly kind: "sustained";
  /** Level of partial n (from 1) of a note of `hertz`. */
  readonly partial: (n: number, hertz: number) => number;
  readonly partials: number;
  /** Seconds to full level, and from the note's end to silence. */
  readonly attack: number;
  readonly release: number;
  /** Semitones, and turns in a second. */
  readonly vibrato: readonly [depth: number, rate: number];
  /** Breath or bow: level of noise, and of a second voice this many cents off. */
  readonly noise: number;
  readonly detune?: number;
  /** How much slower high partials come than low ones: brass opens as it swells. */
  readonly bloom?: number;
}
export interface Struck {
  readonly kind: "struck";
  /** Frequency ratios and levels. */
  readonly partial: (n: number, hertz: number) => readonly [ratio: number, level: number];
  readonly partials: number;
  /** Seconds until partial n of middle C has fallen to 1/e. */
  readonly decay: (n: number) => number;
  readonly release: number;
  /** Level of the hammer's knock. */
  readonly knock: number;
}
export interface Plucked {
  readonly kind: "plucked";
  /** Seconds until middle C has fallen to 1/e. */
  readonly decay: number;
  /** 0 dull to 1 bright. */
  readonly bright: number;
  /** Where the string is plucked, as a share of its length. */
  readonly place: number;
}
export type Timbre = Sustained | Struck | Plucked;

/** A resonance: level over frequency, 1 at its middle. */
const formant = (hertz: number, middle: number, width: number): number => 1 / (1 + ((hertz - middle) / width) ** 2);

/** A bowed string's even saw under a wooden body's resonances. */
const bowed = (n: number, hertz: number): number => {
  const f = n * hertz;
  const body =
    0.35 + formant(f, 290, 90) + 0.9 * formant(f, 480, 140) + 0.7 * formant(f, 1100, 400) + 0.9 * formant(f, 2600, 900);
  return (body / n ** 1.05) * (f > 9000 ? 0 : 1);
};
const violin: Sustained = {
  kind: "sustained",
  partial: bowed,
  partials: 24,
  attack: 0.05,
  release: 0.09,
  vibrato: [0.13, 5.4],
  noise: 0.012,
};
const strings: Sustained = { ...violin, attack: 0.12, release: 0.25, vibrato: [0.08, 4.6], detune: 9, noise: 0.006 };
const flute: Sustained = {
  kind: "sustained",
  partial: (n, hertz) => [0, 1, hertz < 500 ? 0.5 : 0.25, 0.16, 0.06, 0.03, 0.015][n] ?? 0,
  partials: 6,
  attack: 0.045,
  release: 0.08,
  vibrato: [0.07, 4.9],
  noise: 0.05,
};
const whistle: Sustained = {
  ...flute,
  partial: (n) => [0, 1, 0.18, 0.07, 0.02][n] ?? 0,
  partials: 4,
  attack: 0.02,
  vibrato: [0.03, 5],
  noise: 0.03,
};
const clarinet: Sustained = {
  kind: "sustained",
  partial: (n) => (n % 2 === 1 ? 1 / n ** 1.1 : 0.08 / n) * (n > 15 ? 0 : 1),
  partials: 15,
  attack: 0.04,
  release: 0.08,
  vibrato: [0.02, 4.5],
  noise: 0.008,
};
const oboe: Sustained = {
  kind: "sustained",
  partial: (n, hertz) => (0.25 + formant(n * hertz, 1100, 350) + 0.7 * formant(n * hertz, 2900, 700)) / n ** 0.6,
  partials: 18,
  attack: 0.035,
  release: 0.08,
  vibrato: [0.08, 5.2],
  noise: 0.006,
};
const brass: Sustained = {
  kind: "sustained",
  partial: (n) => 1 / n ** 0.9,
  partials: 16,
  attack: 0.06,
  release: 0.1,
  vibrato: [0.03, 5],
  noise: 0.004,
  bloom: 3,
};
const pipes: Sustained = {
  kind: "sustained",
  partial: (n) => [0, 1, 0.7, 0.45, 0.5, 0.08, 0.2, 0.05, 0.24][n] ?? 0,
  partials: 8,
  attack: 0.025,
  release: 0.12,
  vibrato: [0, 0],
  noise: 0.003,
};
const accordion: Sustained = {
  kind: "sustained",
  partial: (n) => 1 / n ** 0.75,
  partials: 20,
  attack: 0.03,
  release: 0.06,
  vibrato: [0, 0],
  noise: 0.002,
  detune: 14,
};
const choir: Sustained = {
  kind: "sustained",
  partial: (n, hertz) => {
    const f = n * hertz;
    return (0.05 + formant(f, 620, 130) + 0.5 * formant(f, 1150, 180) + 0.25 * formant(f, 2700, 300)) / n ** 0.4;
  },
  partials: 24,
  attack: 0.09,
  release: 0.2,
  vibrato: [0.12, 5],
  noise: 0.012,
  detune: 11,
};
const piano: Struck = {
  kind: "struck",
  // stiff strings: upper partials are sharp
  partial: (n, hertz) => [n * Math.sqrt(1 + 0.0004 * (hertz / 262) * n * n), Math.exp(-0.42 * (n - 1)) * (n === 8 ? 0.3 : 1)],
  partials: 14,
  decay: (n) => 1.5 / (0.7 + 0.32 * n),
  release: 0.12,
  knock: 0.05,
};
const bells: Struck = {
  kind: "struck",
  partial: (n) => [[1, 4, 10][n - 1] ?? n * 3, [1, 0.3, 0.1][n - 1] ?? 0],
  partials: 3,
  decay: (n) => 1.4 / n ** 2,
  release: 0.4,
  knock: 0.03,
};
const guitar: Plucked = { kind: "plucked", decay: 1.1, bright: 0.55, place: 0.22 };
const harp: Plucked = { kind: "plucked", decay: 1.5, bright: 0.4, place: 0.45 };
const banjo: Plucked = { kind: "plucked", decay: 0.35, bright: 0.95, place: 0.1 };
const bass: Plucked = { kind: "plucked", decay: 1, bright: 0.25, place: 0.3 };
const pizzicato: Plucked = { kind: "plucked", decay: 0.25, bright: 0.35, place: 0.3 };
const harpsichord: Plucked = { kind: "plucked", decay: 0.9, bright: 1, place: 0.12 };

/** By General MIDI program, the first of each run; what is not named here sounds like what is before it. */
const table: readonly (readonly [from: number, Timbre])[] = [
  [0, piano],
  [6, harpsichord],
  [8, bells],
  [15, harp],
  [16, pipes],
  [21, accordion],
  [24, guitar],
  [32, bass],
  [40, violin],
  [44, strings],
  [45, pizzicato],
  [46, harp],
  [47, pizzicato],
  [48, strings],
  [52, choir],
  [56, brass],
  [64, clarinet],
  [68, oboe],
  [71, clarinet],
  [72, flute],
  [78, whistle],
  [80, clarinet],
  [88, strings],
  [104, guitar],
  [105, banjo],
  [107, harp],
  [108, bells],
  [109, accordion],
  [110, violin],
  [111, oboe],
  [112, bells],
];
export const timbreOf = (program: number): Timbre => table.findLast(([from]) => from <= program)![1];
