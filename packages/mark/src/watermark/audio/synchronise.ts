import { contrast, type Energies, floorsOf, type Place, pitchReach, pitchSteps } from "./levels.ts";
import { bands, type Pattern, rate, slotSamples, slots } from "./pattern.ts";

/** A place at which the pilots agree with the recording. */
export interface Sync {
  readonly place: Place;
  /** Slot of the pattern that the first slot of the recording is. */
  readonly start: number;
  /** Correlation of pilots and contrasts, in standard deviations over all keys. */
  readonly score: number;
  /**
   * Bound on the probability that any place looked at so far scores as high when the recording was not marked with this key: a sum of
   * numbers with random signs exceeds t standard deviations with probability exp(−t²/2) at most (Hoeffding 1963), whatever the numbers
   * are; times the number of places.
   */
  readonly chance: number;
}

const slotSeconds = slotSamples / rate;
/** Slots apart at which starts are tried. */
const phases = [0, 0.5];
/** Tempo steps such that a window of 12 s is off by less than half a slot at its ends. */
const tempoStep = 0.004;
const slowest = 0.78;
const fastest = 1.28;

/**
 * The likeliest places, looked for as recordings are most often found: first as they were made; then so, under noise; then at another
 * tempo, another pitch, or another speed, which is both. Each is the best so far; whoever has found enough stops asking.
 */
export function* synchronise(energies: Energies, pattern: Pattern): Generator<Sync> {
  const search = new Search(energies, pattern);
  for (const [places, noisy] of [
    [asMade, false],
    [asMade, true],
    [elsewhere, false],
  ] as const) {
    for (const [tempo, shift] of places())
      for (const phase of phases) search.look({ tempo, shift, offset: phase * slotSeconds }, noisy);
    search.refine(noisy);
    if (search.best !== undefined) yield search.best;
  }
}

type TempoAndShift = readonly [tempo: number, shift: number];

function* asMade(): Generator<TempoAndShift> {
  yield [1, 0];
}

function* elsewhere(): Generator<TempoAndShift> {
  for (let shift = -pitchReach; shift <= pitchReach; shift++) {
    if (shift === 0) continue;
    yield [1, shift];
    const speed = 2 ** (shift / pitchSteps / 12);
    for (let n = -2; n <= 2; n++) yield [speed * (1 + n * tempoStep), shift];
  }
  for (let tempo = slowest; tempo <= fastest; tempo *= 1 + tempoStep) yield [tempo, 0];
}

class Search {
  readonly #energies: Energies;
  readonly #pattern: Pattern;
  #tried = 0;
  best: Sync | undefined;

  constructor(energies: Energies, pattern: Pattern) {
    this.#energies = energies;
    this.#pattern = pattern;
  }

  /** Scores every start of the pattern at a place; where there may be noise, by what stands out of it. */
  look(place: Place, noisy: boolean): void {
    if (this.#energies.slots(place) < 2) return;
    const levels = this.#energies.levels(place);
    const contrasts = contrast(levels);
    if (noisy) weigh(contrasts, levels);
    const folded = fold(contrasts);
    let best = Number.NEGATIVE_INFINITY;
    let start = 0;
    for (let c = 0; c < slots; c++) {
      const score = correlate(folded, this.#pattern, c);
      if (score > best) {
        best = score;
        start = c;
      }
    }
    this.#tried += slots;
    if (best > (this.best?.score ?? 0)) this.best = { place, start, score: best, chance: 1 };
    if (this.best !== undefined)
      this.best = { ...this.best, chance: Math.min(1, this.#tried * Math.exp(-(this.best.score ** 2) / 2)) };
  }

  /** Moves the best place by ever smaller steps while that helps. */
  refine(noisy: boolean): void {
    if (this.best === undefined) return;
    for (const step of [1, 0.5]) {
      const around = this.best.place;
      for (const [tempo, shift, offset] of [
        [1, 0, 0.25 * step],
        [1, 0, -0.25 * step],
        [1 + (tempoStep / 2) * step, 0, 0],
        [1 - (tempoStep / 2) * step, 0, 0],
        [1, 1, 0],
        [1, -1, 0],
      ] as const) {
        const from = step === 1 ? around : this.best.place;
        const at = from.offset + offset * slotSeconds;
        const moved = { tempo: from.tempo * tempo, shift: from.shift + shift, offset: at < 0 ? at + slotSeconds : at };
        if (Math.abs(moved.shift) <= pitchReach) this.look(moved, noisy);
      }
    }
  }
}

/** Lowers contrasts of cells that are not far above their band's quietest tenth, where noise may be all there is. */
function weigh(contrasts: Float32Array, levels: Float32Array): void {
  const floors = floorsOf(levels);
  for (let i = 0; i < contrasts.length; i++) {
    const above = (levels[i]! - floors[i % bands]!) / standsOut;
    contrasts[i]! *= Math.max(doubtful, Math.min(1, above));
  }
}
const standsOut = 12; // dB
const doubtful = 0.15;

/** All periods of contrasts added up, [slots, bands]. */
function fold(contrasts: Float32Array): Float32Array {
  const sum = new Float32Array(slots * bands);
  for (let i = 0; i < contrasts.length; i++) sum[i % sum.length]! += contrasts[i]!;
  return sum;
}

/** The pilots' agreement with folded contrasts whose first slot is the pattern's slot `start`, in standard deviations. */
function correlate(folded: Float32Array, { signs, pilots }: Pattern, start: number): number {
  let sum = 0;
  let energy = 1e-12;
  for (let s = 0; s < slots; s++) {
    const own = ((s + start) % slots) * bands;
    const here = pilots[(s + start) % slots]!;
    for (let i = 0; i < here.length; i++) {
      const b = here[i]!;
      const v = folded[s * bands + b]!;
      sum += signs[own + b]! * v;
      energy += v * v;
    }
  }
  return sum / Math.sqrt(energy);
}
