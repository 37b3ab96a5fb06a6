import { lineAt, type Spectrum } from "./fold.ts";
import type { Lines, Pattern } from "./pattern.ts";
import { shape } from "./spectrum.ts";
import type { Drawn } from "./tile.ts";

/** Amplitudes of the other lines; payload lines have 1. */
export const amplitudes = { sync: 2, beacon: 2.4, binding: 1.2 };

/** Amplitudes that say the message, before the picture is asked: payload, sync, beacons. */
export function targetsOf(
  { beacons, sync, payload, bitRe, bitIm }: Pattern,
  word: Uint8Array,
  host: Spectrum,
): [Drawn, Drawn, Drawn] {
  const { lines, re, im } = plain(payload, 1);
  const said = (x: number, bit: number | undefined): number => (word[bit as number] ? -x : x);
  return [
    { lines, re: re.map((x, i) => said(x, bitRe[i])), im: im.map((x, i) => said(x, bitIm[i])) },
    plain(sync, amplitudes.sync),
    along(beacons, host, amplitudes.beacon),
  ];
}

/** Lines with the key's phases. */
export function plain(lines: Lines, factor: number): Drawn {
  const size = (i: number): number => factor * shape(lines.kx[i] as number, lines.ky[i] as number);
  return {
    lines,
    re: Float32Array.from(lines.kx, (_, i) => size(i) * (lines.signRe[i] as number)),
    im: Float32Array.from(lines.kx, (_, i) => size(i) * (lines.signIm[i] as number)),
  };
}

/** Lines with the picture's own phases. */
function along(lines: Lines, { re, im }: Spectrum, factor: number): Drawn {
  const size = (i: number): number => {
    const at = lineAt(lines, i);
    const own = Math.hypot(re[at] as number, im[at] as number) || 1;
    return (factor * Math.SQRT2 * shape(lines.kx[i] as number, lines.ky[i] as number)) / own;
  };
  return {
    lines,
    re: Float32Array.from(lines.kx, (_, i) => size(i) * (re[lineAt(lines, i)] as number)),
    im: Float32Array.from(lines.kx, (_, i) => size(i) * (im[lineAt(lines, i)] as number)),
  };
}
