import { resample } from "@inkseal/codec";
import { code } from "./code.ts";
import { contrast, Energies } from "./levels.ts";
import { bands, type Pattern, patternOf, pitchSteps, rate } from "./pattern.ts";
import { reliability } from "./reliability.ts";
import { type Sync, synchronise } from "./synchronise.ts";

/** Chance of calling a recording marked that was not marked with this key, at most, over random keys. */
export const falseAlarm = 1e-6;

export interface AudioWatermark {
  /** 6 bytes; absent where the mark is there and its payload could not be read. */
  readonly payload?: Uint8Array;
  /** Bound on the chance of a mark as clear as this in a recording without one. */
  readonly chance: number;
  /** Tempo and pitch (semitones) against the recording as it was marked. */
  readonly tempo: number;
  readonly semitones: number;
}

const windowSeconds = 12;
const windowStep = 9;
/** Windows looked through, evenly over a recording, so that a long one costs no more than two minutes do. */
const mostWindows = 13;

/**
 * The watermark that was put into a recording (channels of equal lengths, −1 to 1) under a key of 32 bytes, or undefined. Looks through it
 * window by window and stops at the first payload. A recording counts as marked when pilots as clear, and a payload where one is read, come
 * by chance less often than {@link falseAlarm}.
 */
export function detectAudio(
  channels: readonly Float32Array[],
  sampleRate: number,
  key: Uint8Array,
): AudioWatermark | undefined {
  const pattern = patternOf(key);
  const narrow = channels.map((c) =>
    resample(
      c.map((v) => (Number.isFinite(v) ? v : 0)),
      sampleRate,
      rate,
    ),
  );
  const length = narrow[0]?.length ?? 0;
  const windows = Math.min(mostWindows, 1 + Math.ceil(Math.max(0, length / rate - windowSeconds) / windowStep));
  const last = Math.max(0, length - windowSeconds * rate);
  const starts = Array.from({ length: windows }, (_, i) => Math.round((i * last) / Math.max(1, windows - 1)));
  let present: AudioWatermark | undefined;
  for (const start of starts) {
    const energies = new Energies(narrow.map((c) => c.subarray(start, start + windowSeconds * rate)));
    for (const sync of synchronise(energies, pattern)) {
      const chance = (sync.chance * starts.length) / alone;
      const readChance = (sync.chance * starts.length * mostReadings * code.chance) / (1 - alone);
      const found = { tempo: sync.place.tempo, semitones: sync.place.shift / pitchSteps };
      if (readChance < falseAlarm)
        for (const ground of [undefined, energies.noise()]) {
          const payload = code.decode(softBits(energies, pattern, sync, ground), key);
          if (payload !== undefined) return { payload, chance: readChance, ...found };
        }
      if (chance < falseAlarm && chance < (present?.chance ?? 1)) present = { chance, ...found };
      if (sync.chance < surely) break;
    }
  }
  return present;
}

const surely = 1e-12; // chance below which another place is not looked for
/** Share of all false alarms that pilots alone may give; the others need a payload, which is looked for so often in a window. */
const alone = 0.7;
const mostReadings = 6;

/** What the cells say of each coded bit, those that are like the pilots which agree with the recording the most. */
export function softBits(
  energies: Energies,
  { signs, roles }: Pattern,
  { place, start }: Sync,
  ground?: Float64Array,
): Float64Array {
  const levels = energies.levels(place, ground);
  const contrasts = contrast(levels);
  const cellOf = (i: number): number => (i + start * bands) % signs.length;
  const agreement = contrasts.map((v, i) => (roles[cellOf(i)]! < 0 ? signs[cellOf(i)]! * v : 0));
  const trust = reliability(levels, agreement);
  const soft = new Float64Array(code.codedBits);
  for (let i = 0; i < contrasts.length; i++) {
    const role = roles[cellOf(i)]!;
    if (role >= 0) soft[role]! += signs[cellOf(i)]! * contrasts[i]! * trust[i]!;
  }
  return soft;
}
