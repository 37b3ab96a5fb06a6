import type { VideoFormat, VideoFrame } from "../../video/coder.ts";
import { matrixOf, rasterOfFrame } from "../../video/colour.ts";
import { contentSigns } from "../image/binding.ts";
import { checkLengths, fitRaster, leastSide } from "../image/embed.ts";
import { upright } from "../image/fit.ts";
import { changesOf, type Layer } from "../image/paint.ts";
import { planeOfBytes, product } from "../image/plane.ts";
import { shrunk } from "../image/shrink.ts";

/**
 * The image watermark over the frames of a film. All frames of a shot carry one pattern, fitted to the shot's first frame, so that a reader who
 * adds frames up adds the mark up as well, while what moves averages out. The payload is the same in all shots.
 */

/** dB of peak signal to noise over red, green and blue, and a firmer hold on the content than pictures need: it moves. */
const limits = { first: 43.5, most: 44.5, least: 42.3, bound: 8 };
/** Frames that a pattern stays, at most: what moves on under it hides it no more. */
const longest = 48;
/** Mean difference in grey levels of coarse cells from which a frame begins a shot. */
const cut = 12;
/** And from which what moved has to be followed, asked every so many frames. */
const moved = 1.5;
const holds = 4;
/** Cells on either side of a frame. */
const cells = 16;

export interface VideoMark {
  /** Puts the mark on the film's next frame, in place. */
  next(frame: VideoFrame): void;
}

/** Marks a film frame by frame; undefined for frames too small to hold the mark. Throws `bad-request` for other lengths than a mark has. */
export function videoMark(format: VideoFormat, key: Uint8Array, payload: Uint8Array): VideoMark | undefined {
  checkLengths(key, payload);
  const { width, height } = format;
  if (Math.min(width, height) < leastSide) return undefined;
  let shot: Shot | undefined;
  let first: Float32Array | undefined;
  let last: Float32Array | undefined;
  let age = 0;
  return {
    next(frame) {
      const seen = coarse(frame.luma, width, height);
      if (shot === undefined || first === undefined || age >= longest || distance(seen, first) > cut) {
        shot = shotOf(frame, format, key, payload);
        [first, last] = [seen, seen];
        age = 0;
      } else if (age % holds === 0 && last !== undefined && distance(seen, last) > moved) {
        shot.follow(frame.luma);
        last = seen;
      }
      age++;
      add(frame.luma, shot.changes.luma);
      add(frame.blue, shot.changes.blue);
      add(frame.red, shot.changes.red);
    },
  };
}

/** What is added to the frames of a shot, in levels as coded. */
interface Shot {
  readonly changes: { readonly luma: Int8Array; readonly blue: Int8Array; readonly red: Int8Array };
  /** Has the lines that follow the content follow this frame's. */
  follow(luma: Uint8Array): void;
}

function shotOf(frame: VideoFrame, format: VideoFormat, key: Uint8Array, payload: Uint8Array): Shot {
  const { width, height } = format;
  const { layers, scale, mix } = fitRaster(rasterOfFrame(frame, format), limits, key, payload);
  const [said, bound] = layers;
  const matrix = matrixOf(format);
  const grey = matrix.weights[0] * mix[0] + matrix.weights[1] * mix[1] + matrix.weights[2] * mix[2];
  const by = {
    luma: scale * grey * matrix.luma,
    blue: scale * (mix[2] - grey) * matrix.blue,
    red: scale * (mix[0] - grey) * matrix.red,
  };
  const whole = changesOf(width, height, [said]);
  const half = changesOf(width / 2, height / 2, [said]);
  const changes = { luma: new Int8Array(whole.length), blue: new Int8Array(half.length), red: new Int8Array(half.length) };
  const put = (follower: Layer): void => {
    levels(changes.luma, whole, changesOf(width, height, [follower]), by.luma);
    const small = changesOf(width / 2, height / 2, [follower]);
    levels(changes.blue, half, small, by.blue);
    levels(changes.red, half, small, by.red);
  };
  put(bound);
  return {
    changes,
    follow(luma) {
      const signs = contentSigns(shrunk(planeOfBytes(width, height, luma)), upright, key, payload);
      put({ tile: bound.tile, amplitude: product(said.amplitude, signs) });
    },
  };
}

function levels(out: Int8Array, a: Float32Array, b: Float32Array, by: number): void {
  for (let i = 0; i < out.length; i++)
    out[i] = Math.max(-127, Math.min(127, Math.round(by * ((a[i] as number) + (b[i] as number)))));
}

function add(to: Uint8Array, changes: Int8Array): void {
  for (let i = 0; i < to.length; i++) {
    const sum = (to[i] as number) + (changes[i] as number);
    to[i] = sum < 0 ? 0 : sum > 255 ? 255 : sum;
  }
}

/** Means of coarse cells, of every fourth pixel in both directions: blind to what moves within them. */
function coarse(luma: Uint8Array, width: number, height: number): Float32Array {
  const out = new Float32Array(cells * cells);
  const counts = new Float32Array(cells * cells);
  for (let y = 0; y < height; y += 4)
    for (let x = 0; x < width; x += 4) {
      const cell = Math.floor((y * cells) / height) * cells + Math.floor((x * cells) / width);
      out[cell] = (out[cell] as number) + (luma[y * width + x] as number);
      counts[cell] = (counts[cell] as number) + 1;
    }
  return out.map((sum, i) => sum / Math.max(1, counts[i] as number));
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] as number) - (b[i] as number));
  return sum / a.length;
}
