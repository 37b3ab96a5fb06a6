import type { Random } from "@inkseal/lab";
import { side } from "./rasters.ts";

/** How a picture is changed before the model sees it; none of it changes what it shows. */
export interface Change {
  readonly flip: boolean;
  readonly dx: number;
  readonly dy: number;
  /** Turn of all hues, radians; 0 leaves the colours. */
  readonly hue: number;
}
export function drawChange(random: Random, { mirror, hues }: { readonly mirror: boolean; readonly hues: number }): Change {
  const step = (): number => Math.floor(random() * 5) - 2;
  const flip = mirror && random() < 0.5;
  const [dx, dy] = [step(), step()];
  const hue = random() < hues ? random() * 2 * Math.PI : 0;
  return { flip, dx, dy, hue };
}
/** Writes the changed picture to `out` at `at`, 0 to 1, colours times alpha. */
export function writeChanged(pixels: Uint8Array, { flip, dx, dy, hue }: Change, out: Float32Array, at: number): void {
  const turn = hue === 0 ? undefined : hueTurn(hue);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const [sx, sy] = [(flip ? side - 1 - x : x) - dx, y - dy];
      if (sx < 0 || sy < 0 || sx >= side || sy >= side) continue;
      const from = 4 * (sy * side + sx);
      const to = at + 4 * (y * side + x);
      if (turn === undefined) {
        for (let c = 0; c < 4; c++) out[to + c] = pixels[from + c]! / 255;
        continue;
      }
      const alpha = pixels[from + 3]!;
      out[to + 3] = alpha / 255;
      for (let c = 0; c < 3; c++) {
        const value =
          turn[3 * c]! * pixels[from]! + turn[3 * c + 1]! * pixels[from + 1]! + turn[3 * c + 2]! * pixels[from + 2]!;
        out[to + c] = Math.min(alpha, Math.max(0, value)) / 255;
      }
    }
}
/** The rotation about grey that keeps luminance, as SVG's feColorMatrix hueRotate. */
export function hueTurn(angle: number): Float64Array {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return Float64Array.of(
    0.213 + c * 0.787 - s * 0.213,
    0.715 - c * 0.715 - s * 0.715,
    0.072 - c * 0.072 + s * 0.928,
    0.213 - c * 0.213 + s * 0.143,
    0.715 + c * 0.285 + s * 0.14,
    0.072 - c * 0.072 - s * 0.283,
    0.213 - c * 0.213 - s * 0.787,
    0.715 - c * 0.715 + s * 0.715,
    0.072 + c * 0.928 + s * 0.072,
  );
}
