import { boxBlur, type Plane, shrunk } from "./plane.ts";

/** (0.03·255)². */
const c2 = 58.5;
/** Pixels on a side, less one, halved: 9×9 count as a pixel's surroundings, about the 11×11 Gaussian of the structural similarity. */
const window = 4;
/** 1 would spread the loss of similarity evenly; less leaves more on flat ground, where the mark meets least noise. */
const exponent = 0.4;

/**
 * Relative amplitude of the mark on the working grid, smooth enough to be interpolated. The structural similarity of Wang et al. (IEEE Trans. IP
 * 13 (2004)) loses about `v/(2σ² + C2)` to noise of variance `v` over a local variance `σ²`, so amplitudes rise with the local contrast.
 */
export function amplitudeOf(luma: Plane): Plane {
  const mean = shrunk(luma);
  const radius = Math.max(1, Math.round((window * mean.width) / luma.width));
  const around = boxBlur(mean, radius).data;
  const squares = boxBlur(shrunk(squared(luma)), radius).data;
  const data = new Float32Array(around.length);
  for (let i = 0; i < data.length; i++) {
    const variance = Math.max(0, (squares[i] as number) - (around[i] as number) ** 2);
    data[i] = ((2 * variance + c2) / c2) ** (exponent / 2);
  }
  return boxBlur({ ...mean, data }, 2);
}

function squared({ width, height, data }: Plane): Plane {
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = (data[i] as number) ** 2;
  return { width, height, data: out };
}
