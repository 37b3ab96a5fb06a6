import { InksealError } from "@inkseal/core";

/** One step of DP-SGD or of DP-FedAvg, without its number of steps. */
export interface GaussianStep {
  /** Noise multiplier: standard deviation of the noise over the clipping norm; above 0. */
  readonly noise: number;
  /** Chance of each example to be in a batch (Poisson sampling): batch / examples, in [0, 1]. */
  readonly rate: number;
}

/**
 * The ε of (ε, δ)-differential privacy that `steps` steps of the subsampled Gaussian mechanism guarantee to each example
 * (added or removed). Rényi accountant: Mironov, Talwar & Zhang 2019 (arXiv 1908.10530), the conversion of
 * Balle et al. 2020 (arXiv 1905.09982, theorem 21), the orders of Opacus and three larger; so never above Opacus's.
 * Holds for Poisson sampling: batches cut from a shuffled list have a weaker guarantee. Throws `bad-request`.
 * @example epsilon({ noise: 1.1, rate: 256 / 60000, steps: 14062, delta: 1e-5 }) // 2.6
 */
export function epsilon(run: GaussianStep & { readonly steps: number; readonly delta: number }): number {
  const { noise, rate, steps, delta } = run;
  if (!Number.isSafeInteger(steps) || steps < 0)
    throw new InksealError("bad-request", `steps must be a whole number from 0, not ${steps}`, { param: "steps" });
  if (steps === 0 || rate === 0) return 0;
  // Quadrature of fractional orders takes 1/noise² points; with so little noise whole orders alone say the same: no privacy.
  const orders = noise < 0.05 ? wholeOrders : [...fractionalOrders, ...wholeOrders];
  return epsilonOf(
    orders.map((order) => [order, steps * renyi(order, { noise, rate })]),
    delta,
  );
}

/** The smallest noise multiplier (to a millionth part) that keeps ε at or below `epsilon`. Throws `bad-request`, also when none does. */
export function noiseFor(target: { epsilon: number; delta: number; rate: number; steps: number }): number {
  const { delta, rate, steps } = target;
  if (!(target.epsilon > 0)) throw new InksealError("bad-request", "epsilon must be above 0", { param: "epsilon" });
  const enough = (noise: number) => epsilon({ noise, rate, steps, delta }) <= target.epsilon;
  let [low, high] = [0.5, 1];
  while (!enough(high)) {
    if (high > 1e6)
      throw new InksealError("bad-request", `no noise gives an epsilon of ${target.epsilon}`, { param: "epsilon" });
    [low, high] = [high, high * 2];
  }
  while (low > 1e-3 && enough(low)) [low, high] = [low / 2, low];
  while (high - low > 1e-6 * high) {
    const middle = (low + high) / 2;
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** ε at `delta` in (0, 1) from pairs of a Rényi order (above 1) and the divergence spent at it, nats; divergences of steps add up. */
export function epsilonOf(spent: readonly (readonly [order: number, divergence: number])[], delta: number): number {
  if (!(delta > 0 && delta < 1))
    throw new InksealError("bad-request", `delta must be above 0 and below 1, not ${delta}`, { param: "delta" });
  let least = Number.POSITIVE_INFINITY;
  for (const [a, divergence] of spent) least = Math.min(least, divergence - Math.log(delta * a) / (a - 1) + Math.log1p(-1 / a));
  return Math.max(0, least);
}

/** Rényi divergence of order `order` (above 1) that one step spends, nats. Within 10⁻⁹ of itself for rates from 10⁻⁷. */
export function renyi(order: number, { noise, rate }: GaussianStep): number {
  if (!(order > 1 && Number.isFinite(order)))
    throw new InksealError("bad-request", `a Rényi order must be above 1, not ${order}`);
  if (!(noise > 0 && Number.isFinite(noise)))
    throw new InksealError("bad-request", `noise must be above 0, not ${noise}`, { param: "noise" });
  if (!(rate >= 0 && rate <= 1))
    throw new InksealError("bad-request", `rate must be from 0 to 1, not ${rate}`, { param: "rate" });
  if (rate === 0) return 0;
  if (rate === 1) return order / (2 * noise * noise);
  const logExcess = (Number.isInteger(order) ? excessBySum : excessByQuadrature)(order, noise, rate);
  return (logExcess > 40 ? logExcess : Math.log1p(Math.exp(logExcess))) / (order - 1);
}

const fractionalOrders = Array.from({ length: 99 }, (_, i) => 1 + (i + 1) / 10).filter((a) => !Number.isInteger(a));
const wholeOrders = [...Array.from({ length: 62 }, (_, i) => i + 2), 128, 256, 512];

// Both give log(A - 1), where the divergence is log(A) / (order - 1) and A = E[(1 + x)^order] with
// x = rate (e^((2z-1)/2σ²) - 1), z ~ N(0, σ²). A is near 1 for small rates: computing A itself would leave no digits of A - 1.

/** Section 3.3, whole orders: the binomial expansion of A, minus that of (1 - q + q)^order = 1. All terms are positive. */
function excessBySum(order: number, noise: number, q: number): number {
  const terms: number[] = [];
  let logBinomial = Math.log(order);
  for (let k = 2; k <= order; k++) {
    logBinomial += Math.log((order - k + 1) / k);
    const exponent = (k * k - k) / (2 * noise * noise);
    terms.push(logBinomial + k * Math.log(q) + (order - k) * Math.log1p(-q) + logExpm1(exponent));
  }
  return logSum(terms);
}

/**
 * Any order: the trapezoidal rule for E[(1 + x)^order - 1 - order·x] (E[x] is 0; by Bernoulli's inequality nothing is negative).
 * The integrand is analytic up to ±iπσ² and grows there by at most e^(y²/2σ²), so that a step of h errs by a share of
 * e^(y²/2σ² - 2πy/h) (Trefethen & Weideman 2014, theorem 5.1): below 10⁻³³ of A for the step chosen here.
 */
function excessByQuadrature(order: number, noise: number, q: number): number {
  const variance = noise * noise;
  const h = Math.min(0.25 * variance, 0.45 * noise);
  const terms: number[] = [];
  const logWeight = Math.log(h / (noise * Math.sqrt(2 * Math.PI)));
  for (let z = -13 * noise; z < order + 13 * noise; z += h) {
    const exponent = (2 * z - 1) / (2 * variance);
    const x = q * Math.expm1(exponent);
    // log(1 + x), also where e^exponent overflows
    const logRatio = exponent > 600 ? Math.log(q) + exponent : Math.log1p(x);
    const power = order * logRatio;
    // the second form neither overflows nor, where x is small, would keep its digits
    const linear = exponent > 600 ? Math.log(order) + logRatio : Math.log1p(order * x);
    const logExcess = power < 1 ? Math.log(Math.max(0, Math.expm1(power) - order * x)) : power + log1mExp(linear - power);
    terms.push(logWeight - (z * z) / (2 * variance) + logExcess);
  }
  return logSum(terms);
}

/** log(1 - e^x) for x at most 0. */
const log1mExp = (x: number) => Math.log(-Math.expm1(Math.min(0, x)));
const logExpm1 = (x: number) => (x > 40 ? x : Math.log(Math.expm1(x)));

function logSum(logs: readonly number[]): number {
  const top = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return top === Number.NEGATIVE_INFINITY ? top : top + Math.log(logs.reduce((sum, x) => sum + Math.exp(x - top), 0));
}
