import type { Random } from "../weights.ts";

/** A part of a mixture of Gaussians on a line. */
export interface Mode {
  /** Of all, 0 to 1. */
  readonly share: number;
  readonly mean: number;
  readonly deviation: number;
}

/** Values beyond it say little more about a mixture of ten modes. */
const enough = 5000;
/** Of the whole column's deviation; a spike of equal values gets it. */
const narrowest = 1e-3;

/**
 * A mixture of at most `most` Gaussians: expectation maximisation (Dempster et al. 1977) from means far apart, then neighbours are made
 * one as long as the Bayesian information criterion (Schwarz 1978) gains by it. CTGAN's paper leaves the number of modes to variational
 * Bayes, which keeps more of those that overlap. Deterministic by `random`, which places the first means.
 */
export function fitMixture(values: Float64Array, most: number, random: Random): Mode[] {
  const every = Math.ceil(values.length / enough);
  const given = values.filter((_, i) => i % every === 0);
  const centre = given.reduce((a, x) => a + x, 0) / given.length;
  const spread = Math.sqrt(given.reduce((a, x) => a + (x - centre) ** 2, 0) / given.length);
  const unit = Math.max(1, Math.abs(centre));
  if (!(spread > 1e-12 * unit)) return [{ share: 1, mean: centre, deviation: 1e-6 * unit }];
  const x = given.map((value) => (value - centre) / spread);

  let best = maximised(
    x,
    farApart(x, Math.min(most, x.length), random).map((mean, _, all) => ({
      share: 1 / all.length,
      mean,
      deviation: 1 / all.length,
    })),
    100,
  );
  let likelihood = logLikelihood(x, best);
  while (best.length > 1) {
    // of all neighbours those whose union costs least
    const unions = best.slice(1).map((_, i) => [...best.slice(0, i), union(best[i]!, best[i + 1]!), ...best.slice(i + 2)]);
    const costs = unions.map((modes) => logLikelihood(x, modes));
    const fewer = maximised(x, unions[costs.indexOf(Math.max(...costs))]!, 20);
    const after = logLikelihood(x, fewer);
    if (likelihood - after > 1.5 * Math.log(x.length)) break; // three parameters less, each worth half a logarithm
    best = fewer;
    likelihood = after;
  }
  return best.map((m) => ({ share: m.share, mean: centre + spread * m.mean, deviation: spread * m.deviation }));
}

/** Turns of EM, until the likelihood stands; modes come out in the order of their means, and empty ones go. */
function maximised(x: Float64Array, start: readonly Mode[], turns: number): Mode[] {
  let modes = [...start];
  let before = Number.NEGATIVE_INFINITY;
  for (let turn = 0; turn < turns; turn++) {
    const count = new Float64Array(modes.length);
    const sum = new Float64Array(modes.length);
    const squares = new Float64Array(modes.length);
    let likelihood = 0;
    for (const value of x)
      likelihood += weigh(modes, value, (k, weight) => {
        count[k]! += weight;
        sum[k]! += weight * value;
        squares[k]! += weight * value * value;
      });
    modes = modes
      .map((_, k) => {
        const mean = sum[k]! / count[k]!;
        const deviation = Math.max(narrowest, Math.sqrt(Math.max(0, squares[k]! / count[k]! - mean * mean)));
        return { share: count[k]! / x.length, mean, deviation };
      })
      .filter((mode) => mode.share > 0.5 / x.length)
      .sort((a, b) => a.mean - b.mean);
    if (Math.abs(likelihood - before) < 1e-5 * x.length) break;
    before = likelihood;
  }
  const all = modes.reduce((a, m) => a + m.share, 0);
  return modes.map((m) => ({ ...m, share: m.share / all }));
}
const logLikelihood = (x: Float64Array, modes: readonly Mode[]): number =>
  x.reduce((sum, value) => sum + weigh(modes, value, () => {}), 0);

/** One mode with the moments of two. */
function union(a: Mode, b: Mode): Mode {
  const share = a.share + b.share;
  const mean = (a.share * a.mean + b.share * b.mean) / share;
  const square = (a.share * (a.deviation ** 2 + a.mean ** 2) + b.share * (b.deviation ** 2 + b.mean ** 2)) / share;
  return { share, mean, deviation: Math.sqrt(Math.max(narrowest ** 2, square - mean * mean)) };
}

const logs = new Float64Array(64);
/** Tells of each mode how probable it is that it made the value (they sum to one), and answers the logarithm of the value's density. */
function weigh(modes: readonly Mode[], value: number, tell: (mode: number, weight: number) => void): number {
  const l = modes.length <= logs.length ? logs : new Float64Array(modes.length);
  let top = Number.NEGATIVE_INFINITY;
  modes.forEach(({ share, mean, deviation }, k) => {
    l[k] = Math.log(share / deviation) - 0.5 * ((value - mean) / deviation) ** 2;
    top = Math.max(top, l[k]!);
  });
  let total = 0;
  for (let k = 0; k < modes.length; k++) total += l[k] = Math.exp(l[k]! - top);
  for (let k = 0; k < modes.length; k++) tell(k, l[k]! / total);
  return top + Math.log(total) - 0.5 * Math.log(2 * Math.PI);
}
/** For each mode the probability that it made the value. */
export function responsibilities(modes: readonly Mode[], value: number): number[] {
  const out = new Array<number>(modes.length).fill(0);
  weigh(modes, value, (k, weight) => {
    out[k] = weight;
  });
  return out;
}

/** k-means++ (Arthur & Vassilvitskii 2007): each next centre is a value drawn by its squared distance to the nearest so far. */
function farApart(x: Float64Array, count: number, random: Random): number[] {
  const centres = [x[Math.floor(random() * x.length)]!];
  const distance = new Float64Array(x.length).fill(Number.POSITIVE_INFINITY);
  while (centres.length < count) {
    let total = 0;
    for (let i = 0; i < x.length; i++) {
      distance[i] = Math.min(distance[i]!, (x[i]! - centres.at(-1)!) ** 2);
      total += distance[i]!;
    }
    let left = random() * total;
    let i = 0;
    while (i < x.length - 1 && (left -= distance[i]!) >= 0) i++;
    centres.push(x[i]!);
  }
  return centres;
}
