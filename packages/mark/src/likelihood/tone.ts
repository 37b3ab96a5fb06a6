import type { Tile } from "./tiles.ts";

const shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;

export const toneNames: readonly string[] = [
  ...shares.map((s) => `grey ${s}`),
  "black",
  "white",
  "colourful",
  "colourful spread",
];

/** How light and colour are spread: parts of 255, and shares of pixels at either end. */
export function toneOf(tiles: readonly Tile[]): number[] {
  const counts = new Float64Array(256);
  let [sum, squares, pixels] = [0, 0, 0];
  for (const { red, green, blue, luma } of tiles)
    for (let i = 0; i < luma.length; i++) {
      const grey = Math.round(luma[i]!);
      counts[grey] = counts[grey]! + 1;
      const colourful = Math.max(red[i]!, green[i]!, blue[i]!) - Math.min(red[i]!, green[i]!, blue[i]!);
      sum += colourful;
      squares += colourful * colourful;
      pixels++;
    }
  const at = (share: number): number => {
    let [grey, below] = [0, counts[0]!];
    while (grey < 255 && below < share * pixels) below += counts[++grey]!;
    return grey / 255;
  };
  const between = (from: number, to: number): number => counts.slice(from, to).reduce((a, b) => a + b, 0) / pixels;
  const mean = sum / pixels;
  const spread = Math.sqrt(Math.max(0, squares / pixels - mean * mean));
  return [...shares.map(at), Math.sqrt(between(0, 4)), Math.sqrt(between(252, 256)), mean / 255, spread / 255];
}
