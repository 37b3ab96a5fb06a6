import { InksealError } from "@inkseal/core";

/**
 * Numbers in [-range, range] as whole numbers modulo 2³², such that `addends` of them add up without overflow:
 * 2³¹/addends steps on either side of 0. Sums of whole numbers are exact, in any order, and can be masked.
 */
export interface FixedPoint {
  readonly range: number;
  readonly addends: number;
}

/** Size of one step, in the numbers' own unit; rounding errs by at most half of it. Throws `bad-request`. */
export function stepOf({ range, addends }: FixedPoint): number {
  if (!(range > 0 && Number.isFinite(range)) || !Number.isInteger(addends) || addends < 1 || addends > 65_535)
    throw new InksealError(
      "bad-request",
      `fixed point needs a range above 0 and 1 to 65535 addends, not ${range} and ${addends}`,
    );
  return range / Math.floor((2 ** 31 - 1) / addends);
}

/** `weight` (0 … 1) times each value, those beyond the range cut; NaN becomes 0. Writes into `out`. */
export function toFixed(values: Float32Array, point: FixedPoint, out: Uint32Array, weight = 1): void {
  const scale = weight / stepOf(point);
  for (let i = 0; i < values.length; i++)
    out[i] = Math.round(Math.max(-point.range, Math.min(point.range, values[i]!)) * scale); // modulo 2³² by the array's type
}

/** The sum that the whole numbers stand for. */
export function fromFixed(sum: Uint32Array, point: FixedPoint): Float64Array {
  const step = stepOf(point);
  return Float64Array.from(sum, (word) => (word | 0) * step);
}
