/** How one channel of one frame is written: what predicts it, and the codes of what is left (RFC 9639, 9.2). */
export interface Prediction {
  readonly kind: "constant" | "fixed" | "linear";
  readonly order: number;
  readonly warmUp: Int32Array;
  readonly shift: number;
  readonly coefficients: readonly number[];
  readonly residual: Float64Array;
  readonly rice: Rice;
  /** Size in bits, about. */
  readonly bits: number;
}
export interface Rice {
  /** 2^order partitions. */
  readonly order: number;
  readonly parameters: readonly number[];
  readonly bits: number;
}

/** Differences of order 0 to 4 (RFC 9639, 9.2.5), as predictors. */
const fixed = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]] as const;
const linearOrder = 8;
const precision = 15;
const none = { order: 0, parameters: [], bits: 0 };

/** The smallest of the predictions that are tried; samples of `bits` bits. */
export function bestPrediction(samples: Int32Array, bits: number): Prediction {
  const first = samples[0] as number;
  if (samples.every((s) => s === first)) {
    const warmUp = samples.subarray(0, 1);
    return { kind: "constant", order: 0, warmUp, shift: 0, coefficients: [], residual: new Float64Array(), rice: none, bits };
  }
  let best: Prediction | undefined;
  const offer = (kind: "fixed" | "linear", coefficients: readonly number[], shift: number): void => {
    const order = coefficients.length;
    if (samples.length <= order) return;
    const residual = residualOf(samples, coefficients, shift);
    const rice = riceOf(residual, order, samples.length);
    const size = rice.bits + order * (bits + (kind === "linear" ? precision : 0)) + 20;
    if (best === undefined || size < best.bits)
      best = { kind, order, warmUp: samples.subarray(0, order), shift, coefficients, residual, rice, bits: size };
  };
  for (const coefficients of fixed) offer("fixed", coefficients, 0);
  const linear = linearPredictor(samples, linearOrder);
  if (linear !== undefined) offer("linear", linear.coefficients, linear.shift);
  return best as unknown as Prediction;
}

/** Sums may pass 32 bits, so they are doubles; the shift rounds down as an arithmetic one does. */
function residualOf(samples: Int32Array, coefficients: readonly number[], shift: number): Float64Array {
  const order = coefficients.length;
  const scale = 2 ** -shift;
  const out = new Float64Array(samples.length - order);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let k = 0; k < order; k++) sum += (coefficients[k] as number) * (samples[i + order - 1 - k] as number);
    out[i] = (samples[i + order] as number) - Math.floor(sum * scale);
  }
  return out;
}

/** The partition order (0 to 6) and parameters that need the fewest bits. */
function riceOf(residual: Float64Array, order: number, size: number): Rice {
  let best: Rice | undefined;
  for (let p = 0; p <= 6; p++) {
    const share = size >> p;
    if (share << p !== size || share <= order) break;
    const parameters: number[] = [];
    let bits = 0;
    for (let i = 0, at = 0; i < 1 << p; i++) {
      const end = share * (i + 1) - order;
      let sum = 0;
      for (let k = at; k < end; k++) {
        const r = residual[k] as number;
        sum += r >= 0 ? 2 * r : -2 * r - 1;
      }
      const count = end - at;
      // the mean of a geometric distribution tells its parameter (Golomb 1966)
      const parameter = Math.min(30, Math.max(0, Math.ceil(Math.log2(Math.max(1, (sum / count) * Math.LN2)))));
      parameters.push(parameter);
      bits += 5 + count * (parameter + 1) + sum / 2 ** parameter;
      at = end;
    }
    if (best === undefined || bits < best.bits) best = { order: p, parameters, bits };
  }
  return best as unknown as Rice;
}

/** Levinson and Durbin on Welch-windowed samples; coefficients quantised with the error carried on. Undefined for silence. */
function linearPredictor(samples: Int32Array, order: number): { coefficients: number[]; shift: number } | undefined {
  const n = samples.length;
  if (n < 4 * order) return undefined;
  const windowed = Float64Array.from(samples, (s, i) => s * (1 - ((2 * i + 1 - n) / n) ** 2));
  const r = Array.from({ length: order + 1 }, (_, lag) => {
    let sum = 0;
    for (let i = lag; i < n; i++) sum += (windowed[i] as number) * (windowed[i - lag] as number);
    return sum;
  });
  let error = r[0] as number;
  if (error <= 0) return undefined;
  const a = new Float64Array(order);
  for (let i = 0; i < order; i++) {
    let k = r[i + 1] as number;
    for (let j = 0; j < i; j++) k -= (a[j] as number) * (r[i - j] as number);
    k /= error;
    const before = a.slice(0, i);
    a[i] = k;
    for (let j = 0; j < i; j++) a[j] = (before[j] as number) - k * (before[i - 1 - j] as number);
    error *= 1 - k * k;
    if (error <= 0) break;
  }
  const peak = Math.max(...a.map(Math.abs));
  if (!(peak > 0) || !Number.isFinite(peak)) return undefined;
  const shift = Math.max(0, Math.min(15, precision - 1 - Math.ceil(Math.log2(peak + 1e-9)) - 1));
  const most = 2 ** (precision - 1) - 1;
  let carried = 0;
  const coefficients = Array.from(a, (c) => {
    const exact = c * 2 ** shift + carried;
    const q = Math.max(-most - 1, Math.min(most, Math.round(exact)));
    carried = exact - q;
    return q;
  });
  return { coefficients, shift };
}
