import { type AnimationFrame, badFile, maxPixels, type NewFrame, type Raster } from "@inkseal/codec";
import type { Locale } from "@inkseal/core";
import { type CornerLabel, type Stamp, stampFor } from "./corner.ts";
import { brightBelow, greysOf } from "./gif.ts";

/** An animated picture whose frames are decoded one by one. */
export interface Moving {
  readonly width: number;
  readonly height: number;
  readonly frames: readonly AnimationFrame[];
  /** A frame's own pixels. Throws `bad-file`. */
  decode(frame: number): Promise<Raster>;
}

/** Pixels that are decoded and coded anew for a label, of all frames together. */
const most = 2 * maxPixels;
const shades = 256;

export interface MovingLabel {
  readonly label: CornerLabel;
  /** On a picture of the animation's size, such as the one that stands for it where nothing moves. */
  draw(raster: Raster): Raster;
}

/**
 * The corner label on every frame, on an opaque plate, so that it looks the same however frames are laid over one another. Frames that leave it
 * standing stay byte for byte, unless `all`; others are handed to `put`. Where a frame would wipe it out without covering its place, all frames
 * are drawn out to the whole picture. Undefined for one that is too small; throws `bad-file` past {@link most} pixels.
 */
export async function labelMoving(
  moving: Moving,
  locale: Locale,
  all: boolean,
  put: (frame: number, fresh: NewFrame) => Promise<void>,
): Promise<MovingLabel | undefined> {
  const { width, height, frames } = moving;
  const stamp = stampFor(width, height, locale);
  const first = frames[0];
  if (stamp === undefined || first === undefined) return undefined;
  const drawnOut = !standsThroughout(frames, stamp);
  const touched = frames.map((frame, i) => i === 0 || all || drawnOut || overlaps(frame, stamp));
  const pixels = frames.reduce((sum, f, i) => sum + (touched[i] ? (drawnOut ? width * height : f.width * f.height) : 0), 0);
  if (pixels > most) throw badFile(`an animation of more than ${most} pixels to draw on`);
  const canvas = { width, height, data: new Uint8ClampedArray(4 * width * height) };
  const opening = await moving.decode(0);
  lay(canvas, first, opening);
  const greys = greysOf(stamp, brightBelow(stamp, canvas.data, width), shades);
  for (const [i, frame] of frames.entries()) {
    if (touched[i] !== true) continue;
    const raster = i === 0 ? opening : await moving.decode(i);
    if (raster.width !== frame.width || raster.height !== frame.height) throw badFile("a frame of another size than it says");
    if (!drawnOut) {
      await put(i, { ...frame, raster: stamped(raster, frame, stamp, greys) });
      continue;
    }
    const before: Uint8ClampedArray | undefined = frame.dispose === "previous" ? canvas.data.slice() : undefined;
    if (i > 0) lay(canvas, frame, raster);
    const whole = { x: 0, y: 0, width, height, dispose: "none", over: false } as const;
    await put(i, { ...whole, raster: stamped(canvas, whole, stamp, greys) });
    if (frame.dispose === "background" || (frame.dispose === "previous" && i === 0)) clear(canvas, frame);
    else if (before !== undefined) canvas.data.set(before);
  }
  const at = { x: 0, y: 0 };
  return { label: stamp.label, draw: (raster) => stamped(raster, at, stamp, greys) };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
const overlaps = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && a.x + a.width > b.x && a.y < b.y + b.height && a.y + a.height > b.y;
const holds = (a: Box, b: Box): boolean =>
  a.x <= b.x && a.y <= b.y && a.x + a.width >= b.x + b.width && a.y + a.height >= b.y + b.height;

/** Whether the label stands in every frame when those that overlap it are painted within their own bounds. */
function standsThroughout(frames: readonly AnimationFrame[], stamp: Stamp): boolean {
  let stands = false;
  for (const [i, frame] of frames.entries()) {
    if (!stands && !holds(frame, stamp)) return false;
    const before: boolean = stands;
    if (frame.dispose === "none") stands = true;
    else if (frame.dispose === "background" || i === 0) stands = !overlaps(frame, stamp);
    else stands = before;
  }
  return true;
}

/** A copy of a frame's pixels with what it covers of the label. */
function stamped(raster: Raster, at: { readonly x: number; readonly y: number }, stamp: Stamp, greys: Int16Array): Raster {
  const data = raster.data.slice();
  for (let y = 0, i = 0; y < stamp.height; y++)
    for (let x = 0; x < stamp.width; x++, i++) {
      const [px, py] = [stamp.x + x - at.x, stamp.y + y - at.y];
      const grey = greys[i] as number;
      if (grey < 0 || px < 0 || py < 0 || px >= raster.width || py >= raster.height) continue;
      const to = 4 * (py * raster.width + px);
      data.fill(grey, to, to + 3);
      data[to + 3] = 255;
    }
  return { width: raster.width, height: raster.height, data };
}

/** Lays a frame onto the canvas (Porter-Duff over, not premultiplied; or in place of what is there). */
function lay(canvas: Raster, frame: AnimationFrame, raster: Raster): void {
  for (let y = 0; y < frame.height; y++)
    for (let x = 0; x < frame.width; x++) {
      const from = 4 * (y * frame.width + x);
      const to = 4 * ((frame.y + y) * canvas.width + frame.x + x);
      const a = (raster.data[from + 3] as number) / 255;
      const under = frame.over ? ((canvas.data[to + 3] as number) / 255) * (1 - a) : 0;
      const alpha = a + under;
      for (let c = 0; c < 3; c++)
        canvas.data[to + c] =
          alpha === 0 || !frame.over
            ? (raster.data[from + c] as number)
            : ((raster.data[from + c] as number) * a + (canvas.data[to + c] as number) * under) / alpha;
      canvas.data[to + 3] = alpha * 255;
    }
}

function clear(canvas: Raster, { x, y, width, height }: Box): void {
  for (let row = y; row < y + height; row++)
    canvas.data.fill(0, 4 * (row * canvas.width + x), 4 * (row * canvas.width + x + width));
}
