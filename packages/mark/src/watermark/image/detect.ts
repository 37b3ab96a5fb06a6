import type { Raster } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { acceptedOf, logFalseAlarm, tries } from "./accepted.ts";
import { bindingScore, contentSigns, following } from "./binding.ts";
import { code } from "./code.ts";
import { upright } from "./fit.ts";
import { emptySpectrum, fold, type Pair, type Pose, placeOf, type Spectrum, spectrumSide } from "./fold.ts";
import { highest, type Pattern, patternOf, tiles } from "./pattern.ts";
import type { Planes } from "./plane.ts";
import { type Strengths, searchPoses, strengthsOf } from "./pose.ts";
import { findShift, type Shift, shifted } from "./shift.ts";
import { workingPlanes } from "./shrink.ts";
import { signalOf } from "./signal.ts";
import { agreement, blended, evenlyBoth, evenShares, type Shares, samplesOf, scoreOf, sharesOf, softBits } from "./spectrum.ts";

export interface Found {
  readonly payload: Uint8Array;
  /** Which of the keys it was read under, from 0. */
  readonly key: number;
  /** `acceptedOf` the number of keys or more. */
  readonly score: number;
  /** Bound on the probability of finding any payload in a picture without any of the keys' marks. */
  readonly falseAlarm: number;
  /** Where the mark lies in the picture. */
  readonly pose: Pose;
  /** Found without a search. */
  readonly direct: boolean;
  /** Standard deviations by which the mark follows this picture's content; `belongs` when `bindingAccepted` or more. */
  readonly binding: number;
  readonly belongs: boolean;
}

/** A mark that was copied here from another picture gets past with a probability of 0.2 % where the two pictures have nothing in common. */
export const bindingAccepted = 3;

export interface Read {
  readonly payload: Uint8Array;
  /** Of how many keys it was read under which. */
  readonly key: number;
  readonly keys: number;
  readonly score: number;
  readonly pose: Pose;
  readonly shares: Shares;
  readonly direct: boolean;
}

type Reading = Omit<Read, "key" | "keys">;

/** Sides below are not looked at: nothing that was embedded is left. */
export const leastSeen = 24;

/**
 * Looks for a mark of a key, or of any of several, as a house has that changes its keys; undefined when there is none. What does not hang on the key
 * is looked at once. Throws `bad-request` for a key that has not 32 bytes.
 */
export const detectImage = (raster: Raster, ...keys: readonly Uint8Array[]): Found | undefined =>
  detect(raster, keys, readSignal);

/** The same without a search, in a fraction of the time: finds what was not cropped, and not turned but by quarters. */
export const detectUpright = (raster: Raster, ...keys: readonly Uint8Array[]): Found | undefined =>
  detect(raster, keys, readUpright);

function detect(raster: Raster, keys: readonly Uint8Array[], reader: typeof readSignal): Found | undefined {
  checkKeys(keys);
  if (Math.min(raster.width, raster.height) < leastSeen) return undefined;
  const planes = workingPlanes(raster);
  const signal = signalOf(planes);
  const read = reader(signal, keys);
  if (read === undefined) return undefined;
  const { payload, pose, shares } = read;
  const key = keys[read.key] as Uint8Array;
  const followed = following(signal, contentSigns(planes.luma, pose, key, payload));
  return found(read, bindingScore(followed, pose, patternOf(key).binding, shares));
}

/** Throws `bad-request` for keys of another length. */
export function checkKeys(keys: readonly Uint8Array[]): void {
  for (const { length } of keys)
    if (length !== 32) throw new InksealError("bad-request", `a watermark's key has 32 bytes, not ${length}`);
}

/** Looks for a mark of the keys in a flattened picture, or in the sum of many: first without a search, under all. */
export function readSignal(signal: Planes, keys: readonly Uint8Array[]): Read | undefined {
  const straight = readUpright(signal, keys);
  if (straight !== undefined) return straight;
  const strengths = strengthsOf(signal);
  return under(keys, (...key) => searched(signal, strengths, ...key));
}

/** Without a search. */
function readUpright(signal: Planes, keys: readonly Uint8Array[]): Read | undefined {
  const laid = layings(signal);
  return under(keys, (...key) => direct(laid, ...key));
}

type Key = readonly [pattern: Pattern, key: Uint8Array, least: number];

function under(keys: readonly Uint8Array[], read: (...key: Key) => Reading | undefined): Read | undefined {
  for (const [i, key] of keys.entries()) {
    const reading = read(patternOf(key), key, acceptedOf(keys.length));
    if (reading !== undefined) return { ...reading, key: i, keys: keys.length };
  }
  return undefined;
}

/** A mark that was read, and how well it follows the content. */
export const found = ({ payload, key, keys, score, pose, direct }: Read, binding: number, least = bindingAccepted): Found => ({
  payload,
  key,
  score,
  falseAlarm: Math.exp(logFalseAlarm(score, keys)),
  pose,
  direct,
  binding,
  belongs: binding >= least,
});

/** A picture as it was made, but for size, quarter turns and mirroring, in all eight ways: its spectra, and those of both planes as one. */
function layings(signal: Planes): { readonly turn: Turn; readonly pair: Pair; readonly seen: Spectrum }[] {
  const { width, height } = signal.luma;
  const raw = fold(signal, upright);
  const even = evenlyBoth(raw, samplesOf(width, height));
  const pair = { luma: scaled(raw.luma, even.luma), chroma: scaled(raw.chroma, even.chroma) };
  const seen = blended(pair, plainly, evenShares);
  return dihedral.map((turn) => ({
    turn,
    pair: { luma: remapped(pair.luma, turn), chroma: remapped(pair.chroma, turn) },
    seen: remapped(seen, turn),
  }));
}

function direct(laid: ReturnType<typeof layings>, ...[pattern, key, least]: Key): Reading | undefined {
  const sure = laid.map(({ seen }) => agreement(seen, pattern.sync));
  const best = sure.indexOf(Math.max(...sure));
  if ((sure[best] as number) < 3) return undefined;
  const { turn, pair } = laid[best] as (typeof laid)[number];
  const [a, b, c, d] = turn;
  const pose = { a: tiles * a, b: tiles * b, c: tiles * c, d: tiles * d, tu: 0, tv: 0 };
  return decode(pair, pattern, key, pose, true, least);
}

function searched(signal: Planes, strengths: Strengths, pattern: Pattern, key: Uint8Array, least: number): Reading | undefined {
  const { width, height } = signal.luma;
  const ranked: { rank: number; pair: Pair; pose: Pose; shift: Shift }[] = [];
  for (const { pose, score } of searchPoses(strengths, pattern, 16)) {
    const scale = Math.sqrt(Math.abs(pose.a * pose.d - pose.b * pose.c)) / tiles;
    const raw = fold(signal, pose);
    const even = evenlyBoth(raw, samplesOf(width, height, scale));
    const pair = { luma: scaled(raw.luma, even.luma), chroma: scaled(raw.chroma, even.chroma) };
    for (const shares of [evenShares, { luma: 1, chroma: 0 }]) {
      const seen = blended(pair, plainly, shares);
      const shift = findShift(seen, pattern.sync);
      const sure = agreement(moved(seen, shift), pattern.sync);
      ranked.push({ rank: score ** 2 + sure ** 2, pair, pose, shift });
    }
  }
  ranked.sort((p, q) => q.rank - p.rank);
  for (const { pair, pose, shift } of ranked.slice(0, tries)) {
    const { tu, tv } = shift;
    const sign = shift.turned ? -1 : 1;
    const there = { luma: moved(pair.luma, shift), chroma: moved(pair.chroma, shift) };
    const at = { a: sign * pose.a, b: sign * pose.b, c: sign * pose.c, d: sign * pose.d, tu, tv };
    const read = decode(there, pattern, key, at, false, least);
    if (read !== undefined) return read;
  }
  return undefined;
}

const moved = (spectrum: Spectrum, { tu, tv, turned }: Shift): Spectrum =>
  shifted(turned ? conjugate(spectrum) : spectrum, tu, tv);

/** Reads a pair that is even already. */
function decode(
  pair: Pair,
  pattern: Pattern,
  key: Uint8Array,
  pose: Pose,
  direct: boolean,
  least: number,
): Reading | undefined {
  const shares = sharesOf(pair, plainly, pattern.sync);
  const soft = softBits(blended(pair, plainly, shares), pattern);
  const payload = code.decode(soft.bits, key);
  if (payload === undefined) return undefined;
  const score = scoreOf(soft, code.encode(payload, key));
  return score < least ? undefined : { payload, score, pose, shares, direct };
}

const ones = new Float32Array(spectrumSide * spectrumSide).fill(1);
const plainly = { luma: ones, chroma: ones };
const scaled = ({ re, im }: Spectrum, by: Float32Array): Spectrum => ({
  re: re.map((x, i) => x * (by[i] as number)),
  im: im.map((x, i) => x * (by[i] as number)),
});

type Turn = readonly [a: number, b: number, c: number, d: number];

/** The eight ways of laying a picture down: rows `(a b; c d)`. */
const dihedral = [
  [1, 0, 0, 1],
  [-1, 0, 0, 1],
  [1, 0, 0, -1],
  [-1, 0, 0, -1],
  [0, 1, 1, 0],
  [0, -1, 1, 0],
  [0, 1, -1, 0],
  [0, -1, -1, 0],
] as const satisfies readonly Turn[];

/** `Z'(k) = Z(Dᵀk)`: the spectrum that folding at pose `D` would have given. */
function remapped({ re, im }: Spectrum, [a, b, c, d]: Turn): Spectrum {
  const out = emptySpectrum();
  for (let ky = -highest; ky <= highest; ky++)
    for (let kx = -highest; kx <= highest; kx++) {
      const from = placeOf(a * kx + c * ky, b * kx + d * ky);
      const to = placeOf(kx, ky);
      out.re[to] = re[from] as number;
      out.im[to] = im[from] as number;
    }
  return out;
}

const conjugate = ({ re, im }: Spectrum): Spectrum => ({ re, im: im.map((x) => -x) });
