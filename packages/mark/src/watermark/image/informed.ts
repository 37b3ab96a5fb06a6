import { code } from "./code.ts";
import { lineAt, type Spectrum } from "./fold.ts";
import type { Pattern } from "./pattern.ts";
import type { Shares } from "./spectrum.ts";
import type { Drawn } from "./tile.ts";

/** A view of the picture, luma and chroma as one spectrum, before and after the mark. */
export interface Seen {
  readonly shares: Shares;
  readonly before: Spectrum;
  readonly after: Spectrum;
}

/** Lines below are judged by the view of the picture at a quarter of its size, where they are all that is left. */
const low = 10.5;
/** How much of the picture's own word is taken back: of code bits in the whole view and in the small one, and of sync lines. */
const backWhole = 0.4;
const backSmall = 0.7;
const backSync = 0.5;
/** No line is made weaker or stronger than these multiples of what it should say. */
const weakest = 0.1;
const strongest = 3;

/**
 * The embedder knows the picture, so it takes back part of what the picture itself says (Malvar and Florêncio, "Improved spread spectrum",
 * IEEE Trans. SP 51 (2003)): of sync lines each by itself, of payload lines each code bit's sum, which costs less.
 */
export function informed(target: Drawn, last: Drawn, seen: readonly [Seen, Seen], pattern?: Pattern): Drawn {
  const { lines } = target;
  const n = lines.kx.length;
  const view = Uint8Array.from(lines.kx, (kx, i) => (Math.hypot(kx, lines.ky[i] as number) < low ? 1 : 0));
  const gains = seen.map((s, v) => gainOf(target, last, s, view, v));
  // in units of the drawn amplitude: what the host says along each target
  const host = (i: number, part: "re" | "im"): number => {
    const v = view[i] as number;
    return ((seen[v] as Seen).before[part][lineAt(lines, i)] as number) / (gains[v] as number);
  };
  const re = new Float32Array(n);
  const im = new Float32Array(n);
  if (pattern === undefined) {
    for (let i = 0; i < n; i++) {
      re[i] = towards(target.re[i] as number, backSync * host(i, "re"));
      im[i] = towards(target.im[i] as number, backSync * host(i, "im"));
    }
    return { lines, re, im };
  }
  const along = [new Float64Array(code.codedBits), new Float64Array(code.codedBits)] as const;
  const energy = [new Float64Array(code.codedBits), new Float64Array(code.codedBits)] as const;
  for (let i = 0; i < n; i++)
    for (const part of ["re", "im"] as const) {
      const bit = (part === "re" ? pattern.bitRe : pattern.bitIm)[i] as number;
      const want = target[part][i] as number;
      const v = view[i] as 0 | 1;
      along[v][bit] = (along[v][bit] as number) + host(i, part) * want;
      energy[v][bit] = (energy[v][bit] as number) + want * want;
    }
  for (let i = 0; i < n; i++)
    for (const part of ["re", "im"] as const) {
      const bit = (part === "re" ? pattern.bitRe : pattern.bitIm)[i] as number;
      const v = view[i] as 0 | 1;
      const want = target[part][i] as number;
      const share = (v ? backSmall : backWhole) * ((along[v][bit] as number) / (energy[v][bit] as number));
      (part === "re" ? re : im)[i] = towards(want, share * want);
    }
  return { lines, re, im };
}

/** `want − host`, kept between `weakest` and `strongest` times `want`. */
function towards(want: number, host: number): number {
  const ratio = (want - host) / want;
  return want * Math.max(weakest, Math.min(strongest, ratio));
}

function gainOf({ lines }: Drawn, drawn: Drawn, { before, after }: Seen, view: Uint8Array, v: number): number {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < lines.kx.length; i++) {
    if (view[i] !== v) continue;
    const at = lineAt(lines, i);
    const a = drawn.re[i] as number;
    const b = drawn.im[i] as number;
    sum +=
      ((after.re[at] as number) - (before.re[at] as number)) * a + ((after.im[at] as number) - (before.im[at] as number)) * b;
    squares += a * a + b * b;
  }
  return Math.max(1e-9, sum / squares);
}
