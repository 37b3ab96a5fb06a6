import type { Raster } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { accepted } from "./accepted.ts";
import { code } from "./code.ts";
import { type Fitted, fit, type Limits, upright } from "./fit.ts";
import { fold } from "./fold.ts";
import { amplitudeOf } from "./masking.ts";
import { paint } from "./paint.ts";
import { type Pattern, patternOf } from "./pattern.ts";
import { workingPlanes, workingPlanesAndSquares } from "./shrink.ts";
import { passingSignalOf } from "./signal.ts";
import { blended, evenlyBoth, samplesOf, scoreOf, sharesOf, softBits } from "./spectrum.ts";

/** Pictures that are all texture drown the mark, and hide more of it. */
const usual: Limits = { first: 42.7, most: 43.3, least: 38.5, bound: 4.5 };
/** Sides below this many pixels hold too few lines. */
export const leastSide = 128;
/** A marked picture whose score is below this multiple of what detection asks would not outlive its first copy. */
const reserve = 1.2;

/**
 * How a change of luma is spread over red, green and blue. Natural pictures and the codecs for them move mostly along grey, so a third of the
 * strength goes across it: there it meets little noise, which doubles the score of cropped and turned copies; luma carries it through codecs
 * that starve chroma.
 */
const coloured = [0.5, 1.5, -0.25] as const;
const grey = [1, 1, 1] as const;

export interface Embedded {
  readonly raster: Raster;
  /** dB over red, green and blue. */
  readonly psnr: number;
  /** Score that the detector gives the marked picture. */
  readonly score: number;
}

/**
 * Puts 8 bytes into a picture under a key of 32; undefined for a picture that cannot hold them: too small, or so flat or so near black or white
 * that the mark would not outlive its first copy. Throws `bad-request` for other lengths.
 */
export function embedImage(raster: Raster, key: Uint8Array, payload: Uint8Array): Embedded | undefined {
  checkLengths(key, payload);
  if (Math.min(raster.width, raster.height) < leastSide) return undefined;
  const fitted = fitRaster(raster, usual, key, payload);
  const out = paint(raster, fitted.layers, fitted.scale, fitted.mix);
  const score = scoreOfMarked(out, patternOf(key), code.encode(payload, key));
  return score < reserve * accepted ? undefined : { raster: out, psnr: fitted.psnr, score };
}

/** The mark that suits a picture, within limits of strength. */
export function fitRaster(raster: Raster, within: Limits, key: Uint8Array, payload: Uint8Array): Fitted {
  const { luma, chroma, squares } = workingPlanesAndSquares(raster);
  const amplitude = amplitudeOf(luma, squares, luma.width / raster.width);
  const mix = isGrey(raster) ? grey : coloured;
  return fit({ host: { luma, chroma }, amplitude, mix, limits: within }, key, payload);
}

/** Throws `bad-request` for other lengths than a mark has. */
export function checkLengths(key: Uint8Array, payload: Uint8Array): void {
  if (key.length !== 32) throw new InksealError("bad-request", `a watermark's key has 32 bytes, not ${key.length}`);
  if (payload.length !== code.bytes)
    throw new InksealError("bad-request", `a watermark's payload has ${code.bytes} bytes, not ${payload.length}`);
}

/** As the detector will: rounded, clipped, without knowledge of the picture before. */
function scoreOfMarked(raster: Raster, pattern: Pattern, word: Uint8Array): number {
  const planes = workingPlanes(raster);
  const pair = fold(passingSignalOf(planes), upright);
  const even = evenlyBoth(pair, samplesOf(planes.luma.width, planes.luma.height));
  return scoreOf(softBits(blended(pair, even, sharesOf(pair, even, pattern.sync)), pattern), word);
}

function isGrey({ data }: Raster): boolean {
  for (let p = 0; p < data.length; p += 4) if (data[p] !== data[p + 1] || data[p] !== data[p + 2]) return false;
  return true;
}
