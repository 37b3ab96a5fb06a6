import { encodePng, type Raster, writePng } from "@inkseal/codec";
import { describe, expect, it, vi } from "vitest";
import { featureNames, featuresOf } from "./features.ts";
import { pictureModel } from "./model.gen.ts";
import { leastAuc, type PictureModel, pictureGuesser, pictureLikelihood, pictureScore } from "./picture.ts";
import { tilesOf } from "./tiles.ts";

vi.setConfig({ testTimeout: 60_000 });

/** Hills of grey, with grain. */
function scene(width: number, height: number, grain = 12, seed = 1): Raster {
  const data = new Uint8ClampedArray(4 * width * height);
  let state = seed;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  for (let y = 0, p = 0; y < height; y++)
    for (let x = 0; x < width; x++, p += 4) {
      const light = 120 + 50 * Math.sin(x / 37) * Math.cos(y / 53) + 20 * Math.sin((x + 2 * y) / 11);
      for (let c = 0; c < 3; c++) data[p + c] = light + 10 * c + grain * (random() - 0.5);
      data[p + 3] = 255;
    }
  return { width, height, data };
}

/** Pixel (x, y) of what comes out is pixel `from(x, y)` of what goes in. */
function laid({ width, height, data }: Raster, turned: boolean, from: (x: number, y: number) => [number, number]): Raster {
  const [w, h] = turned ? [height, width] : [width, height];
  const out = new Uint8ClampedArray(data.length);
  for (let y = 0, p = 0; y < h; y++)
    for (let x = 0; x < w; x++, p += 4) {
      const [fx, fy] = from(x, y);
      out.set(data.subarray(4 * (fy * width + fx), 4 * (fy * width + fx) + 4), p);
    }
  return { width: w, height: h, data: out };
}

/** The chequers that a transposed convolution by 2 leaves where its kernels overlap unevenly (Odena et al. 2016). */
const chequered = ({ width, height, data }: Raster, by: number): Raster => ({
  width,
  height,
  data: data.map((v, i) => (i % 4 === 3 ? v : v + ((((i >> 2) % width) + Math.floor((i >> 2) / width)) % 2 === 0 ? by : -by))),
});

const statistic = (raster: Raster, name: string): number => featuresOf(raster)![featureNames.indexOf(name)]!;

describe("the statistics of a picture", () => {
  it("has a value for each name, all of them finite, black and white pictures too", () => {
    expect(new Set(featureNames).size).toBe(featureNames.length);
    for (const raster of [scene(256, 256), scene(300, 700), scene(256, 256, 400)]) {
      const values = featuresOf(raster)!;
      expect(values).toHaveLength(featureNames.length);
      expect(values.filter((v) => !Number.isFinite(v))).toEqual([]);
    }
  });

  it("are the same however the picture is laid down", () => {
    const raster = scene(411, 333);
    const [w, h] = [raster.width - 1, raster.height - 1];
    const upright = featuresOf(raster)!;
    const ways: [boolean, (x: number, y: number) => [number, number]][] = [
      [false, (x, y) => [w - x, y]],
      [false, (x, y) => [w - x, h - y]],
      [true, (x, y) => [y, x]],
      [true, (x, y) => [y, h - x]],
    ];
    for (const [turned, from] of ways) {
      const other = featuresOf(laid(raster, turned, from))!;
      const off = upright.map((v, i) => [Math.abs(v - other[i]!), featureNames[i]] as const).sort((a, b) => b[0] - a[0]);
      expect(off[0]![0], off[0]![1]).toBeLessThan(2e-3);
    }
  });

  it("see the grid of an enlargement by 2", () => {
    const plain = scene(300, 300);
    expect(Math.abs(statistic(plain, "peak 4/8 4/8"))).toBeLessThan(2);
    expect(statistic(chequered(plain, 2), "peak 4/8 4/8")).toBeGreaterThan(3);
    expect(statistic(chequered(plain, 2), "peak 4/8 0/8")).toBeCloseTo(statistic(plain, "peak 4/8 0/8"), 0);
  });

  it("are not taken of what is too small, nor of flat art, and take no longer for huge pictures", () => {
    expect(featuresOf(scene(255, 4000))).toBeUndefined();
    expect(featuresOf(scene(256, 256))).toBeDefined();
    expect(featuresOf(scene(600, 600, 0))).toBeDefined();
    const whole = scene(600, 600);
    const poster: Raster = { ...whole, data: whole.data.map((_, i) => (i % 4 === 3 ? 255 : (i >> 17) % 2 ? 30 : 220)) };
    expect(featuresOf(poster)).toBeUndefined();
    expect(tilesOf(scene(256, 9000))).toHaveLength(2 * 4);
    expect(tilesOf(scene(3000, 2000))).toHaveLength(16);
  });

  it("take transparent pixels as white", () => {
    const raster = scene(256, 256);
    expect(featuresOf({ ...raster, data: raster.data.map((v, i) => (i % 4 === 3 ? 0 : v)) })).toBeUndefined();
  });
});

/** Believes in chequers alone. */
const chequers: PictureModel = {
  features: featureNames.map((name) => [0, 1, name === "peak 4/8 4/8" ? 1 : 0]),
  bias: -2,
  photographs: [-4, -3, -2, -1, 0],
  measured: { auc: 0.9, foundAtOnePercent: 0.3, people: 5, machine: 5, set: "chequers" },
};

describe("the guess", () => {
  it("rises with the grid of an enlargement, as far as one statistic may decide, however the picture is laid down", () => {
    const plain = scene(300, 300);
    const grid = chequered(plain, 8);
    expect(pictureScore(grid, chequers)!).toBeGreaterThan(pictureScore(plain, chequers)! + 1);
    expect(pictureScore(grid, chequers)).toBe(-2 + 4); // four deviations at most
    const mirrored = laid(grid, false, (x, y) => [299 - x, y]);
    expect(pictureScore(mirrored, pictureModel)).toBeCloseTo(pictureScore(grid, pictureModel)!, 1);
  });

  it("stands beside the share of photographs that score as high, and the errors; a model that errs too often is silent", () => {
    const guess = pictureLikelihood(chequered(scene(300, 300), 8), chequers);
    expect(guess).toMatchObject({ of: "picture", engine: "inkseal", score: 2, peopleAsHigh: 0, measured: { set: "chequers" } });
    expect(pictureLikelihood(scene(300, 300), chequers)!.peopleAsHigh).toBeGreaterThan(0);
    const worse = { ...chequers, measured: { ...chequers.measured, auc: leastAuc - 0.01 } };
    expect(pictureLikelihood(scene(300, 300), worse)).toBeUndefined();
    expect(pictureLikelihood(scene(200, 300), chequers)).toBeUndefined();
  });

  it("comes with a model of as many weights as there are statistics", () => {
    expect(pictureModel.features).toHaveLength(featureNames.length);
    expect(pictureModel.features.every(([mean, by, weight]) => [mean, by, weight].every(Number.isFinite) && by > 0)).toBe(true);
    expect([...pictureModel.photographs].sort((a, b) => a - b)).toEqual(pictureModel.photographs);
    expect(pictureModel.photographs.length).toBeGreaterThan(100);
  });

  it("reads files, and has nothing to say of what does not decode, or is no picture", async () => {
    const guess = pictureGuesser(undefined, chequers);
    const png = writePng(encodePng(scene(300, 300)));
    expect(await guess(png, "image/png")).toMatchObject({ of: "picture", measured: { set: "chequers" } });
    expect(await guess(png.subarray(0, 900), "image/png")).toBeUndefined();
    expect(await guess(new Uint8Array(64), "image/jpeg")).toBeUndefined();
    expect(await guess(png, "image/gif")).toBeUndefined();
    expect(await guess(new TextEncoder().encode("words"), "text/plain")).toBeUndefined();
  });
});
