import type { Canvas } from "@napi-rs/canvas";
import { chance } from "../chance.ts";
import { birds, boat, city, pavilion, rain, snow } from "./figures.ts";
import { bamboo, blossom, leaves, pine, willow } from "./growth.ts";
import { mist, mountains, orb, type Sheet, sky, stars, water } from "./land.ts";
import { type Mood, moodOf, paletteOf } from "./mood.ts";

/**
 * An ink-wash landscape for words, drawn by rules and a seed: hour, season, and what the words name of moon, water, boats, trees, birds …
 * It is a ground for captions and titles, not an illustration of the text, and needs no model.
 */
export async function paintInk(
  words: string,
  size: { width: number; height: number },
  seed: number,
  usual?: Mood,
): Promise<Canvas> {
  const { createCanvas } = await import("@napi-rs/canvas");
  const { width, height } = size;
  const canvas = createCanvas(width, height);
  const random = chance(seed);
  const mood = moodOf(words, random, usual);
  const has = (thing: Parameters<Mood["things"]["has"]>[0]): boolean => mood.things.has(thing);
  const sheet: Sheet = {
    ink: canvas.getContext("2d"),
    width,
    height,
    random,
    mood,
    palette: paletteOf(mood),
    unit: Math.min(width, height) / 1000,
  };
  const horizon = (width > height ? 0.62 : 0.56) + (random() - 0.5) * 0.06;
  const side = random() < 0.5 ? -1 : 1;
  sky(sheet);
  if (mood.hour === "night") stars(sheet, has("stars") ? 260 : 70);
  const light = (has("moon") || has("sun")) && !has("rain") ? orb(sheet) : undefined;
  mountains(sheet, horizon);
  if (has("city")) city(sheet, horizon + 0.04);
  if (has("water")) water(sheet, horizon, light);
  mist(sheet, height * (horizon + 0.02), 0.4);
  if (has("pavilion"))
    pavilion(sheet, width * (side < 0 ? 0.7 : 0.3), height * (horizon + 0.06), 92, 2 + Math.floor(random() * 2));
  if (has("boat")) boat(sheet, width * (0.38 + random() * 0.26), height * (horizon + 0.14), 74);
  if (has("birds")) birds(sheet);
  if (has("pine")) pine(sheet, width * (side < 0 ? 0.14 : 0.86), height * 0.98, height * 0.52);
  if (has("bamboo")) bamboo(sheet, side);
  else if (has("willow")) willow(sheet, side);
  else if (has("blossom")) blossom(sheet, side);
  if (has("leaves")) leaves(sheet);
  if (has("rain")) rain(sheet);
  if (has("snow") || (mood.season === "winter" && !has("rain"))) snow(sheet);
  grain(sheet);
  return canvas;
}

/** The paper's grain and a darker rim, which hold the washes together. */
function grain({ ink, width, height, random }: Sheet): void {
  const pixels = ink.getImageData(0, 0, width, height);
  const { data } = pixels;
  const tile = Int8Array.from({ length: 16_384 }, () => (random() - 0.5) * 9);
  for (let y = 0, p = 0; y < height; y++)
    for (let x = 0; x < width; x++, p += 4) {
      const n = tile[((y & 127) << 7) | ((x + (y >> 7) * 37) & 127)]!;
      data[p] = data[p]! + n;
      data[p + 1] = data[p + 1]! + n;
      data[p + 2] = data[p + 2]! + n;
    }
  ink.putImageData(pixels, 0, 0);
  const rim = ink.createRadialGradient(
    width / 2,
    height / 2,
    Math.min(width, height) * 0.45,
    width / 2,
    height / 2,
    Math.hypot(width, height) * 0.56,
  );
  rim.addColorStop(0, "rgba(0, 0, 0, 0)");
  rim.addColorStop(1, "rgba(20, 14, 8, 0.3)");
  ink.fillStyle = rim;
  ink.fillRect(0, 0, width, height);
}
