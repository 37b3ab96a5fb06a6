import { type Parameters, type Random, scope, Tensor, untracked, type WasmBackend } from "@inkseal/lab";
import { encode, grid } from "../../src/picture/autoencoder.ts";
import { type Colour, mainColour } from "../../src/picture/colours.ts";
import { drawChange, writeChanged } from "./augment.ts";
import { type Drawn, side } from "./rasters.ts";
import type { TrainingSet } from "./training-set.ts";

/** Pictures as grids, each in some changed forms, so that the generator's training need not encode. */
export interface Latents {
  readonly grids: Float32Array;
  readonly of: readonly {
    readonly concept: number;
    readonly style: string;
    readonly colour: Colour | undefined;
    readonly recoloured: boolean;
  }[];
  /** Over all grids, by channel: what makes them of mean 0 and deviation 1. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}
const values = side * side * 4;

/** `plain` forms with the art's own colours and `hued` ones with others of each picture. The grids are normed. */
export function encodeAll(
  backend: WasmBackend,
  p: Parameters,
  set: TrainingSet,
  {
    pictures,
    latent,
    plain,
    hued,
    random,
  }: { pictures: readonly Drawn[]; latent: number; plain: number; hued: number; random: Random },
): Latents {
  const each = plain + hued;
  const size = grid * grid * latent;
  const grids = new Float32Array(pictures.length * each * size);
  const of: Latents["of"][number][] = [];
  const data = new Float32Array(each * values);
  pictures.forEach((drawn, i) => {
    data.fill(0);
    const { mirror } = set.concepts[drawn.concept]!;
    for (let k = 0; k < each; k++) {
      const change = drawChange(random, { mirror, hues: k < plain ? 0 : 1 });
      const at = k * values;
      writeChanged(drawn.pixels, k === 0 ? { flip: false, dx: 0, dy: 0, hue: 0 } : change, data, at);
      const main = mainColour(data.subarray(at, at + values));
      const colour = main !== undefined && main.share > 0.4 ? main.colour : undefined;
      of.push({ concept: drawn.concept, style: drawn.style, colour, recoloured: k >= plain });
    }
    const z = scope(() => untracked(() => encode(p, Tensor.from(backend, data, [each, side, side, 4])))) as Tensor;
    grids.set(z.valuesSync(), i * each * size);
    z.free();
  });
  const mean = Array.from({ length: latent }, (_, c) => average(grids, c, latent, (x) => x));
  const deviation = mean.map((m, c) => Math.sqrt(average(grids, c, latent, (x) => (x - m) ** 2)));
  for (let i = 0; i < grids.length; i++) grids[i] = (grids[i]! - mean[i % latent]!) / deviation[i % latent]!;
  return { grids, of, mean, deviation };
}
function average(x: Float32Array, from: number, step: number, value: (x: number) => number): number {
  let sum = 0;
  for (let i = from; i < x.length; i += step) sum += value(x[i]!);
  return (sum * step) / x.length;
}
