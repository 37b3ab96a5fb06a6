import type { Raster } from "@inkseal/codec";

/** Uniform numbers from a seed (Mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A picture with the statistics of a photo: coloured discs of all sizes over one another ("dead leaves", Lee, Mumford and Huang 2001), each with
 * its own grain, under a slope of light.
 */
export function scene(width: number, height: number, seed: number): Raster {
  const random = seeded(seed);
  const discs = Array.from({ length: 400 }, () => {
    const radius = 6 / Math.sqrt(random() + 0.002);
    return {
      x: random() * width,
      y: random() * height,
      radius,
      colour: [random(), random(), random()].map((c) => 60 + 130 * (0.6 * random() + 0.4 * c)),
      grain: 14 * random() ** 2,
    };
  });
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0, p = 0; y < height; y++)
    for (let x = 0; x < width; x++, p += 4) {
      const disc = discs.find((d) => (x - d.x) ** 2 + (y - d.y) ** 2 < d.radius ** 2) ?? { colour: [150, 160, 170], grain: 2 };
      const grain = disc.grain * (random() + random() - 1) * 2;
      for (let c = 0; c < 3; c++) data[p + c] = (disc.colour[c] as number) + grain + (20 * y) / height;
      data[p + 3] = 255;
    }
  return { width, height, data };
}
