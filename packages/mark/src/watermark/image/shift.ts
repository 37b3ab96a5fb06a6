import { fft2 } from "../fft.ts";
import { emptySpectrum, lineAt, type Spectrum, tileSide } from "./fold.ts";
import { highest, type Lines } from "./pattern.ts";
import { inside } from "./spectrum.ts";

/** A spectrum as another place of the tile would have given it. */
export function shifted({ re, im }: Spectrum, tu: number, tv: number): Spectrum {
  const out = emptySpectrum();
  const turns = (t: number, part: (x: number) => number): Float64Array =>
    Float64Array.from({ length: 2 * highest + 1 }, (_, k) => part(-2 * Math.PI * (k - highest) * t));
  const [cu, su, cv, sv] = [turns(tu, Math.cos), turns(tu, Math.sin), turns(tv, Math.cos), turns(tv, Math.sin)];
  for (let y = 0, n = 0; y < cv.length; y++)
    for (let x = 0; x < cu.length; x++, n++) {
      const i = inside[n] as number;
      const c = (cu[x] as number) * (cv[y] as number) - (su[x] as number) * (sv[y] as number);
      const s = (su[x] as number) * (cv[y] as number) + (cu[x] as number) * (sv[y] as number);
      out.re[i] = (re[i] as number) * c - (im[i] as number) * s;
      out.im[i] = (re[i] as number) * s + (im[i] as number) * c;
    }
  return out;
}

export interface Shift {
  readonly tu: number;
  readonly tv: number;
  /** The picture lies as the pose says, or turned by half a circle, which the beacons cannot tell apart. */
  readonly turned: boolean;
}

/**
 * Where in the tile the picture lies: the peak of the sync lines' correlation over all places (matched filtering in the frequency domain). The
 * correlations of both turns are real, so one transform yields them as its real and imaginary part.
 */
export function findShift({ re, im }: Spectrum, lines: Lines): Shift {
  const n = tileSide;
  const count = lines.kx.length;
  const xr = new Float32Array(n * n);
  const xi = new Float32Array(n * n);
  const terms = [0, 1].map((turn) => {
    const a = new Float64Array(count);
    const b = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const [kx, ky] = [lines.kx[i] as number, lines.ky[i] as number];
      const at = ((ky & (n - 1)) << 7) | (kx & (n - 1));
      const opposite = ((-ky & (n - 1)) << 7) | (-kx & (n - 1));
      const zr = re[lineAt(lines, i)] as number;
      const zi = (turn === 0 ? 1 : -1) * (im[lineAt(lines, i)] as number);
      const sr = lines.signRe[i] as number;
      const si = lines.signIm[i] as number;
      const p = zr * sr + zi * si;
      const q = zi * sr - zr * si;
      a[i] = p;
      b[i] = q;
      const [real, imaginary] = turn === 0 ? [xr, xi] : [xi, xr];
      const sign = turn === 0 ? 1 : -1; // i·(p + iq) = −q + ip
      real[at] = (real[at] as number) + p;
      imaginary[at] = (imaginary[at] as number) + sign * q;
      real[opposite] = (real[opposite] as number) + p;
      imaginary[opposite] = (imaginary[opposite] as number) - sign * q;
    }
    return { a, b };
  });
  fft2(xr, xi, n, n);
  let best = 0;
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n * n; i++) {
    const p = Math.max(xr[i] as number, xi[i] as number);
    if (p > top) {
      top = p;
      best = i;
    }
  }
  const turned = (xi[best] as number) > (xr[best] as number);
  const { a, b } = terms[turned ? 1 : 0] as { a: Float64Array; b: Float64Array };
  const value = (u: number, v: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const phase = (-2 * Math.PI * ((lines.kx[i] as number) * u + (lines.ky[i] as number) * v)) / n;
      sum += (a[i] as number) * Math.cos(phase) - (b[i] as number) * Math.sin(phase);
    }
    return sum;
  };
  let u = best & (n - 1);
  let v = best >> 7;
  for (let step = 0.5; step > 0.1; step /= 2)
    for (const [du, dv] of [
      [step, 0],
      [-step, 0],
      [0, step],
      [0, -step],
    ] as const)
      if (value(u + du, v + dv) > value(u, v)) {
        u += du;
        v += dv;
      }
  return { tu: u / n, tv: v / n, turned };
}
