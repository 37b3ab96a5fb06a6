import type { Raster } from "@inkseal/codec";
import type { Locale, Localised } from "@inkseal/core";
import { unzlibSync } from "fflate";
import { glyphs } from "./glyphs.gen.ts";

/**
 * The corner label of GB 45438-2025, 5.2: legible text at an edge or corner, at least 5 % of the shortest side high.
 * Here a *capital letter* is that high, the smallest full glyph of both labels; Chinese characters are higher. In the
 * lower right corner on a half-transparent plate, dark on a bright picture's corner and bright on a dark one's.
 */
const share = 0.05;
const smallest = 9; // px of a capital: below this nobody can read it, whatever the share says

/** What the label says. */
export const cornerTexts: Localised = { "zh-CN": glyphs["zh-CN"].text, en: glyphs.en.text };

interface Alpha {
  readonly width: number;
  readonly height: number;
  readonly cap: number;
  /** 0 to 1. */
  readonly data: Float32Array;
}

const unpacked = new Map<Locale, Alpha>();
function alphaOf(locale: Locale): Alpha {
  const known = unpacked.get(locale);
  if (known !== undefined) return known;
  const { width, height, cap, data: packed } = glyphs[locale];
  const bytes = unzlibSync(Uint8Array.from(atob(packed), (c) => c.charCodeAt(0)));
  const data = Float32Array.from(
    { length: width * height },
    (_, i) => (((bytes[i >> 1] as number) >> (i & 1 ? 0 : 4)) & 15) / 15,
  );
  const alpha = { width, height, cap, data };
  unpacked.set(locale, alpha);
  return alpha;
}

/** Where things go, in pixels of the upright picture; the ink lies inside the plate. */
interface Geometry {
  readonly ink: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly plate: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly radius: number;
  /** Height of a capital, px. */
  readonly cap: number;
}

/** In the lower right corner, or larger across the lower middle: for the opening of a film. */
export type Place = "corner" | "opening";
const openingShare = 0.1;

/** Undefined when the picture is too small to hold any label (under 24 px on a side). */
function geometry(width: number, height: number, glyph: Alpha, place: Place = "corner"): Geometry | undefined {
  const shortest = Math.min(width, height);
  if (shortest < 24) return undefined;
  const wanted = Math.max(Math.ceil((place === "corner" ? share : openingShare) * shortest), smallest);
  // with plate and margin the label is (width + 2.2 cap) / cap capitals wide; on tiny pictures the width decides
  const cap = Math.min(wanted, Math.floor(width / (glyph.width / glyph.cap + 2.2)));
  if (cap < 2) return undefined;
  const scale = cap / glyph.cap;
  const ink = { width: Math.ceil(glyph.width * scale), height: Math.ceil(glyph.height * scale) };
  const pad = Math.max(1, Math.round(cap * 0.5));
  const margin = Math.max(1, Math.round(cap * 0.5));
  const plate = { width: ink.width + 2 * pad, height: ink.height + 2 * pad };
  const x = place === "corner" ? width - margin - plate.width : (width - plate.width) >> 1;
  const y = place === "corner" ? height - margin - plate.height : Math.round(0.7 * height - plate.height / 2);
  return {
    ink: { ...ink, x: x + pad, y: y + pad },
    plate: { ...plate, x, y },
    radius: Math.round(cap * 0.45),
    cap,
  };
}

/** A label as what it covers, for pixels of any kind. */
export interface Stamp {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Coverage of each pixel, 0 to 1, by the plate and, over it, by the ink. */
  readonly plate: Float32Array;
  readonly ink: Float32Array;
  readonly label: CornerLabel;
}

/** The label for a picture of that size; undefined when it is too small to carry one. */
export function stampFor(width: number, height: number, locale: Locale, place: Place = "corner"): Stamp | undefined {
  const glyph = alphaOf(locale);
  const g = geometry(width, height, glyph, place);
  if (g === undefined) return undefined;
  const covered = coverage(glyph, g);
  const size = g.plate.width * g.plate.height;
  const plate = new Float32Array(size);
  const ink = new Float32Array(size);
  for (let y = 0, i = 0; y < g.plate.height; y++)
    for (let x = 0; x < g.plate.width; x++, i++) {
      plate[i] = corner(x, y, g);
      const ix = x - (g.ink.x - g.plate.x);
      const iy = y - (g.ink.y - g.plate.y);
      if (ix >= 0 && iy >= 0 && ix < g.ink.width && iy < g.ink.height) ink[i] = covered[iy * g.ink.width + ix] as number;
    }
  return { ...g.plate, plate, ink, label: { text: glyphs[locale].text, height: g.cap } };
}

/**
 * Grey levels of plate and ink, and how opaque the plate is: whatever lies beneath, both keep a contrast ratio of at least 7:1 (WCAG 2.2,
 * 1.4.6).
 */
export const toneOn = (bright: boolean): { readonly plate: number; readonly opacity: number; readonly ink: number } =>
  bright ? { plate: 255, opacity: 0.78, ink: 16 } : { plate: 0, opacity: 0.72, ink: 255 };

/** Coverage of the ink at each pixel of its box, 0 to 1: box filter when smaller than the bitmap, sharpened when larger. */
function coverage(glyph: Alpha, g: Geometry): Float32Array {
  const { width, height } = g.ink;
  const step = glyph.cap / g.cap; // bitmap pixels a picture pixel
  const out = new Float32Array(width * height);
  const samples = Math.max(2, Math.ceil(step));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let j = 0; j < samples; j++) {
        for (let i = 0; i < samples; i++)
          sum += bilinear(glyph, (x + (i + 0.5) / samples) * step - 0.5, (y + (j + 0.5) / samples) * step - 0.5);
      }
      const mean = sum / (samples * samples);
      out[y * width + x] = Math.min(1, Math.max(0, (mean - 0.5) * Math.max(1, 1 / step) + 0.5));
    }
  }
  return out;
}

function bilinear({ width, height, data }: Alpha, x: number, y: number): number {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const at = (i: number, j: number): number =>
    i < 0 || j < 0 || i >= width || j >= height ? 0 : (data[j * width + i] as number);
  const fx = x - x0;
  const fy = y - y0;
  return (at(x0, y0) * (1 - fx) + at(x0 + 1, y0) * fx) * (1 - fy) + (at(x0, y0 + 1) * (1 - fx) + at(x0 + 1, y0 + 1) * fx) * fy;
}

/** Exif orientation (1 to 8) as a map from upright pixels to bytes of the stored raster. */
function upright(r: Raster, orientation: number): { width: number; height: number; at(x: number, y: number): number } {
  const { width: w, height: h } = r;
  const swapped = orientation >= 5;
  const maps: ((x: number, y: number) => [number, number])[] = [
    (x, y) => [x, y],
    (x, y) => [w - 1 - x, y],
    (x, y) => [w - 1 - x, h - 1 - y],
    (x, y) => [x, h - 1 - y],
    (x, y) => [y, x],
    (x, y) => [y, h - 1 - x],
    (x, y) => [w - 1 - y, h - 1 - x],
    (x, y) => [w - 1 - y, x],
  ];
  const map = maps[orientation - 1] ?? (maps[0] as (x: number, y: number) => [number, number]);
  return {
    width: swapped ? h : w,
    height: swapped ? w : h,
    at(x, y) {
      const [sx, sy] = map(x, y);
      return (sy * w + sx) * 4;
    },
  };
}

/** Rec. 709 luma of a pixel over mid grey where it is transparent, 0 to 255. */
function luma(d: Uint8ClampedArray, at: number): number {
  const a = (d[at + 3] as number) / 255;
  return (0.2126 * (d[at] as number) + 0.7152 * (d[at + 1] as number) + 0.0722 * (d[at + 2] as number)) * a + 128 * (1 - a);
}

export interface CornerLabel {
  readonly text: string;
  /** Height of a capital, px: at least 5 % of the shortest side. */
  readonly height: number;
}

/**
 * A copy of the picture with the label; undefined when it is too small to carry one. The corner is the viewer's:
 * `orientation` is the Exif value under which the picture will be shown.
 */
export function drawCorner(
  raster: Raster,
  locale: Locale,
  orientation = 1,
): { readonly raster: Raster; readonly label: CornerLabel } | undefined {
  const view = upright(raster, orientation);
  const stamp = stampFor(view.width, view.height, locale);
  if (stamp === undefined) return undefined;
  const data = raster.data.slice();
  let sum = 0;
  for (let y = 0; y < stamp.height; y++)
    for (let x = 0; x < stamp.width; x++) sum += luma(data, view.at(stamp.x + x, stamp.y + y));
  const { plate, opacity, ink } = toneOn(sum / (stamp.width * stamp.height) > 128);
  for (let y = 0, i = 0; y < stamp.height; y++)
    for (let x = 0; x < stamp.width; x++, i++) {
      const at = view.at(stamp.x + x, stamp.y + y);
      blend(data, at, plate, opacity * (stamp.plate[i] as number));
      blend(data, at, ink, stamp.ink[i] as number);
    }
  return { raster: { ...raster, data }, label: stamp.label };
}

/** Coverage of the rounded plate at a pixel, 0 to 1. */
function corner(x: number, y: number, { plate, radius }: Geometry): number {
  const dx = Math.max(radius - x - 0.5, x + 0.5 - (plate.width - radius), 0);
  const dy = Math.max(radius - y - 0.5, y + 0.5 - (plate.height - radius), 0);
  return Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(dx, dy)));
}

/** `grey` over the pixel with opacity `a` (Porter-Duff over, not premultiplied). */
function blend(d: Uint8ClampedArray, at: number, grey: number, a: number): void {
  if (a <= 0) return;
  const under = ((d[at + 3] as number) / 255) * (1 - a);
  const alpha = a + under;
  for (let c = 0; c < 3; c++) d[at + c] = (grey * a + (d[at + c] as number) * under) / alpha;
  d[at + 3] = alpha * 255;
}

/**
 * Finds the label where `drawCorner` puts it: luma correlated with the ink. Survives recompression and colour changes,
 * not cropping, scaling or turning (a watermark is for those).
 */
export function readCorner(raster: Raster, orientation = 1, place: Place = "corner"): CornerLabel | undefined {
  for (const locale of Object.keys(glyphs) as Locale[]) {
    const glyph = alphaOf(locale);
    const view = upright(raster, orientation);
    const g = geometry(view.width, view.height, glyph, place);
    if (g === undefined) return undefined;
    const ink = coverage(glyph, g);
    const seen = Float32Array.from(ink, (_, i) =>
      luma(raster.data, view.at(g.ink.x + (i % g.ink.width), g.ink.y + Math.floor(i / g.ink.width))),
    );
    if (Math.abs(correlation(ink, seen)) > 0.75) return { text: glyphs[locale].text, height: g.cap };
  }
  return undefined;
}

function correlation(a: Float32Array, b: Float32Array): number {
  const mean = (v: Float32Array): number => v.reduce((s, x) => s + x, 0) / v.length;
  const ma = mean(a);
  const mb = mean(b);
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    const x = (a[i] as number) - ma;
    const y = (b[i] as number) - mb;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}
