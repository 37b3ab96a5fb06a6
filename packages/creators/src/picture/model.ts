import { InksealError } from "@inkseal/core";
import {
  type Backend,
  checkShapes,
  dequantiseAll,
  type Parameters,
  toParameters,
  unpackModel,
  type Weights,
} from "@inkseal/lab";
import { z } from "zod";
import type { Place } from "../creator.ts";
import { autoencoderShapes } from "./autoencoder.ts";
import { dualShapes } from "./dual.ts";
import { flowShapes } from "./flow.ts";
import { Words } from "./words.ts";

const whole = z.int().min(1);
/** What lies in config.json beside the weights. */
export const PictureConfig = z.object({
  kind: z.literal("inkseal-picture"),
  styles: z.array(z.string()).min(1),
  autoencoder: z.object({ latent: whole, fine: whole, coarse: whole }),
  flow: z.object({ words: whole, styles: whole, latent: whole, width: whole, layers: whole, hidden: whole, vector: whole }),
  dual: z.object({ words: whole, width: whole, embedding: whole }),
  /** By channel of the grids. */
  mean: z.array(z.number()),
  deviation: z.array(z.number()),
});
export type PictureConfig = z.infer<typeof PictureConfig>;

/** The three networks of a picture model on a backend, and its words. */
export interface PictureModel {
  readonly config: PictureConfig;
  readonly backend: Backend;
  readonly words: Words;
  readonly autoencoder: Parameters;
  readonly flow: Parameters;
  readonly dual: Parameters;
}
/** The names of all three in one file, each behind its network's. */
export function pictureShapes(c: PictureConfig): Map<string, readonly number[]> {
  const parts = {
    autoencoder: autoencoderShapes(c.autoencoder),
    flow: flowShapes(c.flow),
    dual: dualShapes(c.dual),
  };
  return new Map(
    Object.entries(parts).flatMap(([part, shapes]) => [...shapes].map(([name, shape]) => [`${part}/${name}`, shape] as const)),
  );
}
/** Throws `not-found` where there are no weights and `bad-file` for what is no model of pictures. */
export async function openPictureModel(place: Place): Promise<PictureModel> {
  const read = async (file: string): Promise<Uint8Array> => {
    const bytes = await place.read(file);
    if (bytes === undefined)
      throw new InksealError("not-found", `the weights of inkseal-picture lack ${file}: npm run train -- picture`);
    return bytes;
  };
  const [config, words, packed] = await Promise.all([read("config.json"), read("words.txt"), read("model.packed.safetensors")]);
  const json = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
  const parsed = PictureConfig.safeParse(json(config));
  if (!parsed.success) throw new InksealError("bad-file", "config.json is not of a model of pictures");
  const list = new TextDecoder().decode(words).trim().split("\n");
  const weights = dequantiseAll(unpackModel(packed).weights);
  return pictureModel(parsed.data, new Words(list), weights, place.backend({ memory: 2 ** 29 }));
}
export function pictureModel(config: PictureConfig, words: Words, weights: Weights, backend: Backend): PictureModel {
  checkShapes(pictureShapes(config), weights);
  const part = (name: string): Parameters =>
    toParameters(
      backend,
      new Map(
        [...weights].flatMap(([key, value]) => (key.startsWith(`${name}/`) ? [[key.slice(name.length + 1), value]] : [])),
      ),
    );
  return { config, words, backend, autoencoder: part("autoencoder"), flow: part("flow"), dual: part("dual") };
}
