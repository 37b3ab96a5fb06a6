import { boxBlur } from "./blur.ts";
import type { Plane } from "./plane.ts";
import { scratch } from "./scratch.ts";

/** (0.03·255)². */
const c2 = 58.5;
/** Pixels on a side, less one, halved: 9×9 count as a pixel's surroundings, about the 11×11 Gaussian of the structural similarity. */
const window = 4;
/** 1 would spread the loss of similarity evenly; less leaves more on flat ground, where the mark meets least noise. */
const exponent = 0.4;

const steps = 64;
/** `x^exponent` by `steps·x`, to 0.4 % and a tenth of the time: `2σ²/C2 + 1` is 557 at most, its root 23.6. */
const powers = Float64Array.from({ length: 24 * steps }, (_, i) => ((i + 0.5) / steps) ** exponent);

/**
 * Relative amplitude of the mark on the working grid, smooth enough to be interpolated, by the means of a picture's luma and of its squares there,
 * whose place it takes;
 * `scale` is the working grid's length to the picture's. The structural similarity of Wang et al. (IEEE Trans. IP 13 (2004)) loses about
 * `v/(2σ² + C2)` to noise of variance `v` over a local variance `σ²`, so amplitudes rise with the local contrast.
 */
export function amplitudeOf(luma: Plane, squares: Plane, scale: number): Plane {
  const radius = Math.max(1, Math.round(window * scale));
  const mean = { ...luma, data: scratch(1, luma.data.length) };
  mean.data.set(luma.data);
  boxBlur(mean, radius);
  boxBlur(squares, radius);
  amplitudes(squares.data, mean.data);
  boxBlur(squares, 2);
  return squares;
}

function amplitudes(squares: Float32Array, mean: Float32Array): void {
  for (let i = 0; i < squares.length; i++) {
    const variance = Math.max(0, (squares[i] as number) - (mean[i] as number) ** 2);
    squares[i] = powers[(Math.sqrt((2 / c2) * variance + 1) * steps) | 0] as number;
  }
}
