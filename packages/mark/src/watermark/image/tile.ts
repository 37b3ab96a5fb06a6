import { fft2 } from "../fft.ts";
import { highest, type Lines } from "./pattern.ts";
import { scratch } from "./scratch.ts";

/** Samples on a side: 8 for a period of the highest line, so that linear interpolation is enough. */
export const drawnSide = 256;

/** Lines with their complex amplitudes. */
export interface Drawn {
  readonly lines: Lines;
  readonly re: Float32Array;
  readonly im: Float32Array;
}

/** `Σ Re(P(k)·exp(2πi·k·u))` over a tile. */
export function drawTile(parts: readonly Drawn[]): Float32Array {
  const n = drawnSide;
  const re = new Float32Array(n * n);
  const im = scratch(0, n * n).fill(0);
  for (const { lines, re: pr, im: pi } of parts)
    for (let i = 0; i < pr.length; i++) {
      const at = (((lines.ky[i] as number) & (n - 1)) << 8) | ((lines.kx[i] as number) & (n - 1));
      re[at] = pr[i] as number;
      im[at] = -(pi[i] as number);
    }
  fft2(re, im, n, n, highest + 1); // ky is never below 0
  return re;
}
