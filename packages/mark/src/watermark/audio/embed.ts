import { resample } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { code } from "./code.ts";
import { Informed, noiseOf } from "./informed.ts";
import { Energies, rawContrast } from "./levels.ts";
import { affordable, changeLimits, holdBack, maskOf, spent } from "./masking.ts";
import { type Pattern, patternOf, rate, signsOf, slotSamples, slots } from "./pattern.ts";
import { Spectra } from "./spectra.ts";

/** Seconds below which a recording cannot hold the pattern once. */
export const shortest = (slots * slotSamples) / rate;
const segmentSlots = 16 * slots; // what is planned together, 33 s
const rounds = 4;
const asMade = { tempo: 1, shift: 0, offset: 0 };

/**
 * The channels of a recording (−1 to 1, equal lengths) with a payload of 6 bytes in them, under a key of 32: a little is added below
 * 7 kHz, the same gains in every channel. Throws `cannot-do` for less than 2.05 s, RangeError for a key, payload or rate that is none.
 */
export function embedAudio(
  channels: readonly Float32Array[],
  sampleRate: number,
  payload: Uint8Array,
  key: Uint8Array,
): Float32Array[] {
  const pattern = patternOf(key);
  const signs = signsOf(pattern, code.encode(payload, key));
  const narrow = channels.map((c) => resample(c, sampleRate, rate));
  const length = narrow[0]?.length ?? 0;
  if (length < shortest * rate) throw new InksealError("cannot-do", `a watermark needs ${shortest.toFixed(2)} s of sound`);
  const added = narrow.map((c) => new Float32Array(c.length));
  for (let from = 0; from < length; from += segmentSlots * slotSamples)
    markSegment(narrow, added, from, { pattern, signs, sampleRate });
  return channels.map((c, i) => {
    const wide = resample(added[i]!, rate, sampleRate);
    return c.map((v, n) => v + (wide[n] ?? 0));
  });
}

/** Plans and adds the mark of the segment that starts at sample `from`: rounds of listening to what came out, and of changing it. */
function markSegment(
  narrow: readonly Float32Array[],
  added: readonly Float32Array[],
  from: number,
  { pattern, signs, sampleRate }: { readonly pattern: Pattern; readonly signs: Int8Array; readonly sampleRate: number },
): void {
  const to = Math.min(narrow[0]!.length, from + segmentSlots * slotSamples);
  const parts = narrow.map((c) => c.subarray(from, to));
  const spectra = parts.map((p) => new Spectra(p));
  const energies = new Energies(parts).cells(asMade);
  const mask = maskOf(energies);
  const limits = changeLimits(energies, mask);
  const noise = noiseOf(parts, sampleRate);
  const mark = new Informed(pattern, signs, energies, noise);
  let change: Float32Array = affordable(limits, energies, 1).map((d, i) => d * mark.signs[i]!); // dB
  let spare = 1;
  const changed = (): Float32Array[] => {
    const gains = change.map((d) => 10 ** (d / 20) - 1);
    return spectra.map((s) => s.filtered(gains));
  };
  for (let round = 0; round < rounds; round++) {
    const differences = changed();
    const marked = new Energies(parts.map((p, c) => p.map((v, n) => v + differences[c]![n]!)));
    // every other round is enough, and saves a tenth of the time
    if (round % 2 === 0) holdBack(limits, new Energies(differences).cells(asMade), energies, mask);
    const clean = rawContrast(marked.levels(asMade));
    const noisy = rawContrast(marked.levels(asMade, mark.ground));
    const wanted = mark.shares(clean, noisy).map((share, i) => share * limits[i]!);
    // cells that need not change leave their part of what may be spent to others
    if (round > 0) spare = Math.max(1, Math.min(4, spare * Math.min(1.5, 1 / Math.max(spent(change, energies), 1e-9))));
    change = mark.improved(change, affordable(wanted, energies, spare), clean, noisy);
  }
  for (const [c, difference] of changed().entries()) added[c]!.set(difference, from);
}
