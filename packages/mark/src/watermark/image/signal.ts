import { boxBlur } from "./blur.ts";
import { type Plane, type Planes, workingSize } from "./plane.ts";
import { scratch } from "./scratch.ts";

/**
 * What the detector correlates with: the picture flattened in frequency and in place. Natural pictures fall as 1/f, so the difference of two
 * blurs, which rises with f and stops where the mark stops, leaves about white noise; dividing by the local strength and clipping keeps single
 * edges from outvoting the rest (a locally optimum detector for heavy tails; Hernández et al., IEEE Trans. IP 9 (2000)).
 */
const radii = { coarse: 3, local: 6 }; // samples on the working grid
/** Strength of rounding and of codecs' grain, grey levels squared. */
const floor = 1;
const clip = 4;

/** Both planes flattened, about 1 in strength everywhere. */
export const signalOf = ({ luma, chroma }: Planes): Planes => ({
  luma: flattened(luma, new Float32Array(luma.data.length)),
  chroma: flattened(chroma, new Float32Array(chroma.data.length)),
});

/** The same in scratch room, which the next call takes back. */
export const passingSignalOf = ({ luma, chroma }: Planes): Planes => ({
  luma: flattened(luma, scratch(6, luma.data.length)),
  chroma: flattened(chroma, scratch(7, chroma.data.length)),
});

function flattened({ width, height, data }: Plane, out: Float32Array): Plane {
  const scale = Math.sqrt(width * height) / workingSize;
  const radius = (r: number): number => Math.max(1, Math.round(r * scale));
  const smooth = { width, height, data: scratch(1, data.length) };
  smooth.data.set(data);
  boxBlur(smooth, radius(radii.coarse), 2);
  residual(out, data, smooth.data);
  boxBlur(smooth, radius(radii.local), 2);
  divided(out, smooth.data);
  return { width, height, data: out };
}

// Loops over pixels are functions of arrays alone, here and beside: a collection forgets the shapes of objects that none is left of, and with them
// whatever was compiled for these shapes.

function residual(out: Float32Array, data: Float32Array, smooth: Float32Array): void {
  for (let i = 0; i < out.length; i++) {
    const r = (data[i] as number) - (smooth[i] as number);
    out[i] = r;
    smooth[i] = r * r;
  }
}

function divided(out: Float32Array, energy: Float32Array): void {
  for (let i = 0; i < out.length; i++) {
    const r = (out[i] as number) / Math.sqrt((energy[i] as number) + floor);
    out[i] = r > clip ? clip : r < -clip ? -clip : r;
  }
}
