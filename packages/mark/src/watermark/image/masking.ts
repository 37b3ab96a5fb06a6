import { boxBlur, type Plane, shrunk } from "./plane.ts";

/** (0.03·255)². */
const c2 = 58.5;
/** Half of the 9×9 pixels that count as a pixel's surroundings, about the 11×11 Gaussian of the structural similarity. */
const window = 4;
/** 1 would spread the loss of similarity evenly; less leaves more on flat ground, where the mark meets least noise. */
const exponent = 0.4;

/**
 * Relative amplitude of the mark on the working grid, smooth enough to be interpolated. The structural similarity of Wang et al. (IEEE Trans. IP
 * 13 (2004)) loses about `v/(2σ² + C2)` to noise of variance `v` over a local variance `σ²`, so amplitudes rise with the local contrast.
 */
export function amplitudeOf(luma: Plane): Plane {
  const { width, height, data } = luma;
  const mean = boxBlur(luma, window).data;
  const squares = boxBlur({ width, height, data: data.map((y) => y * y) }, window).data;
  const sensitive = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const m = mean[i] as number;
    sensitive[i] = c2 / (2 * Math.max(0, (squares[i] as number) - m * m) + c2);
  }
  const small = shrunk({ width, height, data: sensitive });
  return boxBlur({ ...small, data: small.data.map((x) => x ** (-exponent / 2)) }, 2);
}
