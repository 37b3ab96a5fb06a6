import type { Locale } from "@inkseal/core";
import type { VideoFormat, VideoFrame } from "../video/coder.ts";
import { matrixOf } from "../video/colour.ts";
import { type CornerLabel, type Stamp, stampFor, toneOn } from "./corner.ts";

/**
 * The label of GB 45438-2025, 5.4: legible text in the opening frames for at least 2 s, at least 5 % of the shortest side high, and here also in
 * the corner throughout, so that no cut of the film is without.
 */
const openingSeconds = 3;
/** A film's corner may change under the label; its plate turns only for good reason, and not at once again. */
const turn = { bright: 165, dark: 90, seconds: 1 };

export interface VideoLabel {
  readonly label: CornerLabel & { readonly openingSeconds: number };
  /** Draws the label on the film's next frame, in place. */
  next(frame: VideoFrame): void;
}

/** Undefined for frames too small to carry a label. `corner`: throughout, not in the opening alone. */
export function videoLabel(format: VideoFormat, locale: Locale, corner: boolean): VideoLabel | undefined {
  const { width, height, rate } = format;
  const opening = stampFor(width, height, locale, "opening");
  const throughout = stampFor(width, height, locale, "corner");
  if (opening === undefined || throughout === undefined) return undefined;
  const draw = { opening: drawer(opening, format), corner: drawer(throughout, format) };
  let n = 0;
  return {
    label: { ...throughout.label, openingSeconds },
    next(frame) {
      if (corner) draw.corner(frame);
      if (n < openingSeconds * rate) draw.opening(frame);
      n++;
    },
  };
}

function drawer(stamp: Stamp, format: VideoFormat): (frame: VideoFrame) => void {
  const { width, rate } = format;
  const { black, luma: step } = matrixOf(format);
  const quarter = quartered(stamp);
  let bright: boolean | undefined;
  let since = 0;
  return ({ luma, blue, red }) => {
    let sum = 0;
    for (let y = 0; y < stamp.height; y++) {
      const row = (stamp.y + y) * width + stamp.x;
      for (let x = 0; x < stamp.width; x++) sum += luma[row + x] as number;
    }
    const mean = (sum / (stamp.width * stamp.height) - black) / step;
    if (bright === undefined) bright = mean > 128;
    else if (++since > turn.seconds * rate && (bright ? mean < turn.dark : mean > turn.bright)) {
      bright = !bright;
      since = 0;
    }
    const tone = toneOn(bright);
    const level = (grey: number): number => black + grey * step;
    for (let y = 0, i = 0; y < stamp.height; y++) {
      const row = (stamp.y + y) * width + stamp.x;
      for (let x = 0; x < stamp.width; x++, i++) {
        const over = mixed(luma[row + x] as number, level(tone.plate), tone.opacity * (stamp.plate[i] as number));
        luma[row + x] = Math.round(mixed(over, level(tone.ink), stamp.ink[i] as number));
      }
    }
    for (let y = 0, i = 0; y < quarter.height; y++) {
      const row = (quarter.y + y) * (width >> 1) + quarter.x;
      for (let x = 0; x < quarter.width; x++, i++) {
        const left = (1 - tone.opacity * (quarter.plate[i] as number)) * (1 - (quarter.ink[i] as number));
        blue[row + x] = Math.round(128 + ((blue[row + x] as number) - 128) * left);
        red[row + x] = Math.round(128 + ((red[row + x] as number) - 128) * left);
      }
    }
  };
}

const mixed = (under: number, over: number, share: number): number => under + (over - under) * share;

/** The stamp over colour differences, which have half the size in both directions: means of the pixels that it covers. */
function quartered({ x: left, y: top, width, height, plate, ink }: Stamp): Omit<Stamp, "label"> {
  const x = left >> 1;
  const y = top >> 1;
  const w = ((left + width + 1) >> 1) - x;
  const h = ((top + height + 1) >> 1) - y;
  const out = { x, y, width: w, height: h, plate: new Float32Array(w * h), ink: new Float32Array(w * h) };
  for (let j = 0, i = 0; j < height; j++)
    for (let k = 0; k < width; k++, i++) {
      const to = (((top + j) >> 1) - y) * w + ((left + k) >> 1) - x;
      out.plate[to] = (out.plate[to] as number) + (plate[i] as number) / 4;
      out.ink[to] = (out.ink[to] as number) + (ink[i] as number) / 4;
    }
  return out;
}
