import { contrast, type Energies, type Place, pitchReach } from "./levels.ts";
import { bands, type Pattern, pitchSteps, rate, slotSamples, slots } from "./pattern.ts";

/** A place at which the pilots agree with the recording. */
export interface Sync {
  readonly place: Place;
  /** Slot of the pattern that the first slot of the recording is. */
  readonly start: number;
  /** Correlation of pilots and contrasts, in standard deviations over all keys. */
  readonly score: number;
  /**
   * Bound on the probability that any place scores so high when the recording was not marked with this key: the {@link tail} of each place
   * that was looked at by its share of all belief, the shares of all places that may ever be looked at being 1 in sum.
   */
  readonly chance: number;
}

/**
 * Bound on the probability that a sum of numbers with random signs exceeds `t` standard deviations, whatever the numbers are: 3.18 times as
 * much as a normal variable at most (Bentkus and Dzindzalieta 2015), which does so with less than φ(t)/t (Gordon 1941).
 */
export const tail = (t: number): number =>
  t > 1 ? Math.min(1, (3.18 * Math.exp(-(t ** 2) / 2)) / (t * Math.sqrt(2 * Math.PI))) : 1;

const slotSeconds = slotSamples / rate;
/** Slots apart at which starts are tried. */
const phases = [0, 0.5];
/** Tempo steps such that a window of 12 s is off by less than half a slot at its ends. */
const tempoStep = 0.004;
const slowest = 0.78;
const fastest = 1.28;

type TempoAndShift = readonly [tempo: number, shift: number];

const asMade: readonly TempoAndShift[] = [[1, 0]];
const elsewhere = [...elsewhereInTurn()];

/** Which places are looked at in turn, how much is believed of all of them together, and how much of the small steps from the best of them. */
const stages = [
  { places: asMade, noisy: false, share: 0.4, around: 0.05 },
  { places: asMade, noisy: true, share: 0.2, around: 0.05 },
  { places: elsewhere, noisy: false, share: 0.25, around: 0.05 },
] as const;

function* elsewhereInTurn(): Generator<TempoAndShift> {
  for (let shift = -pitchReach; shift <= pitchReach; shift++) {
    if (shift === 0) continue;
    yield [1, shift];
    const speed = 2 ** (shift / pitchSteps / 12);
    for (let n = -2; n <= 2; n++) yield [speed * (1 + n * tempoStep), shift];
  }
  for (let tempo = slowest; tempo <= fastest; tempo *= 1 + tempoStep) yield [tempo, 0];
}

/** Steps from the best place: tempo by a factor, pitch by steps, offset by slots; first whole, then halved, pitch apart. */
const steps = [
  [1, 0, 0.25],
  [1, 0, -0.25],
  [1 + tempoStep / 2, 0, 0],
  [1 - tempoStep / 2, 0, 0],
  [1, 1, 0],
  [1, -1, 0],
] as const;
const sizes = [1, 0.5];

/**
 * The likeliest places, looked for as recordings are most often found: first as they were made; then so, under noise; then at another
 * tempo, another pitch, or another speed, which is both. Each is the best so far; whoever has found enough stops asking.
 */
export function* synchronise(energies: Energies, pattern: Pattern): Generator<Sync> {
  const search = new Search(energies, pattern);
  for (const { places, noisy, share, around } of stages) {
    for (const [tempo, shift] of places)
      for (const phase of phases)
        search.look({ tempo, shift, offset: phase * slotSeconds }, noisy, share / (places.length * phases.length));
    search.refine(noisy, around / (steps.length * sizes.length));
    if (search.best !== undefined) yield search.best;
  }
}

class Search {
  readonly #energies: Energies;
  readonly #pattern: Pattern;
  readonly #noise: Float64Array;
  #chance = 1;
  best: Sync | undefined;

  constructor(energies: Energies, pattern: Pattern) {
    this.#energies = energies;
    this.#pattern = pattern;
    this.#noise = energies.noise();
  }

  /** Scores every start of the pattern at a place of which so much is believed; where there may be noise, by what stands out of it. */
  look(place: Place, noisy: boolean, share: number): void {
    if (this.#energies.slots(place) < 2) return;
    const folded = fold(contrast(this.#energies.levels(place, noisy ? this.#noise : undefined)));
    let best = Number.NEGATIVE_INFINITY;
    let start = 0;
    for (let c = 0; c < slots; c++) {
      const score = correlate(folded, this.#pattern, c);
      if (score > best) {
        best = score;
        start = c;
      }
    }
    this.#chance = Math.min(this.#chance, (tail(best) * slots) / share);
    if (best > (this.best?.score ?? 0)) this.best = { place, start, score: best, chance: 1 };
    if (this.best !== undefined) this.best = { ...this.best, chance: this.#chance };
  }

  /** Moves the best place by ever smaller steps while that helps; of each step so much is believed. */
  refine(noisy: boolean, share: number): void {
    if (this.best === undefined) return;
    for (const size of sizes) {
      const around = this.best.place;
      for (const [tempo, shift, offset] of steps) {
        const from = size === 1 ? around : this.best.place;
        const at = from.offset + offset * size * slotSeconds;
        const moved = {
          tempo: from.tempo * (1 + (tempo - 1) * size),
          shift: from.shift + shift,
          offset: at < 0 ? at + slotSeconds : at,
        };
        if (Math.abs(moved.shift) <= pitchReach) this.look(moved, noisy, share);
      }
    }
  }
}

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
