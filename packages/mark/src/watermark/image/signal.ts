import { boxBlur, type Plane, type Planes, workingSize } from "./plane.ts";

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
export const signalOf = ({ luma, chroma }: Planes): Planes => ({ luma: flattened(luma), chroma: flattened(chroma) });

function flattened(plane: Plane): Plane {
  const { width, height } = plane;
  const scale = Math.sqrt(width * height) / workingSize;
  const radius = (r: number): number => Math.max(1, Math.round(r * scale));
  const coarse = boxBlur(boxBlur(plane, radius(radii.coarse)), radius(radii.coarse)).data;
  const data = new Float32Array(width * height);
  const power = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const r = (plane.data[i] as number) - (coarse[i] as number);
    data[i] = r;
    power[i] = r * r;
  }
  const energy = boxBlur(boxBlur({ width, height, data: power }, radius(radii.local)), radius(radii.local)).data;
  for (let i = 0; i < data.length; i++) {
    const r = (data[i] as number) / Math.sqrt((energy[i] as number) + floor);
    data[i] = r > clip ? clip : r < -clip ? -clip : r;
  }
  return { width, height, data };
}
