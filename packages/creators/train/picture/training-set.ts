import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Concept, readConcepts, type Style } from "./concepts.ts";
import { type Drawn, drawAll, side } from "./rasters.ts";

export interface TrainingSet {
  readonly concepts: readonly Concept[];
  readonly pictures: readonly Drawn[];
  /** Of the drawings and names it was made from. */
  readonly digest: string;
}
/** The pictures, drawn once and kept in `folder`. */
export async function trainingSet(folder: string): Promise<TrainingSet> {
  const [index, pixels] = [join(folder, "index.json"), join(folder, "pixels.bin")];
  if (!existsSync(index)) {
    const concepts = readConcepts();
    const { pictures, digest } = await drawAll(concepts);
    await mkdir(folder, { recursive: true });
    await writeFile(pixels, Buffer.concat(pictures.map((p) => p.pixels)));
    await writeFile(index, JSON.stringify({ digest, concepts, pictures: pictures.map((p) => [p.concept, p.style]) }));
  }
  const kept = JSON.parse(await readFile(index, "utf8")) as Omit<TrainingSet, "pictures"> & { pictures: [number, Style][] };
  const bytes = new Uint8Array(await readFile(pixels));
  const size = side * side * 4;
  return {
    ...kept,
    pictures: kept.pictures.map(([concept, style], i) => ({
      concept,
      style,
      pixels: bytes.subarray(i * size, (i + 1) * size),
    })),
  };
}
export const split = ({ concepts, pictures }: TrainingSet): { readonly train: Drawn[]; readonly held: Drawn[] } => ({
  train: pictures.filter((p) => !concepts[p.concept]!.held),
  held: pictures.filter((p) => concepts[p.concept]!.held),
});
