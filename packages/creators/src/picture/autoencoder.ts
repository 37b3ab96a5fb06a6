import * as t from "@inkseal/lab";
import { initialWeights, type Parameters, parameter, type Random, type Tensor, type Weights } from "@inkseal/lab";

/**
 * Pictures of 64 × 64 pixels (colours times alpha, and alpha; 0 to 1) ↔ grids of 8 × 8 places with `latent` numbers each, of length √latent.
 * The decoder learns from places with noise on them, so that it draws clean edges also from what a generator only nearly hit.
 */
export interface AutoencoderSize {
  readonly latent: number;
  /** Channels at 16 × 16 and at 8 × 8. */
  readonly fine: number;
  readonly coarse: number;
}
export const edge = 64;
export const grid = 8;
const channels = 4;

type Named = [string, readonly number[]];
const dense = (name: string, out: number, input: number): Named[] => [
  [`${name}.weight`, [out, input]],
  [`${name}.bias`, [out]],
];
const block = (name: string, width: number): Named[] => [
  ...dense(`${name}.mix`, width, 9 * width),
  ...dense(`${name}.out`, width, width),
];
export function autoencoderShapes({ latent, fine, coarse }: AutoencoderSize): Map<string, readonly number[]> {
  return new Map<string, readonly number[]>([
    ...dense("encoder.in", fine, 16 * channels),
    ...block("encoder.fine", fine),
    ...dense("encoder.down", coarse, 4 * fine),
    ...block("encoder.coarse", coarse),
    ...dense("encoder.out", latent, coarse),
    ...dense("decoder.in", coarse, 9 * latent),
    ...block("decoder.coarse.0", coarse),
    ...block("decoder.coarse.1", coarse),
    ...dense("decoder.up", 4 * fine, coarse),
    ...block("decoder.fine.0", fine),
    ...block("decoder.fine.1", fine),
    ...dense("decoder.out", 16 * channels, 9 * fine),
  ]);
}
export const initialAutoencoder = (size: AutoencoderSize, random: Random): Weights =>
  initialWeights(autoencoderShapes(size), random, (name, shape) => (/\.out/.test(name) ? 0.5 : 1.4) / Math.sqrt(shape[1]!));

/** [B, H, W, C] → [B, H/n, W/n, n·n·C]. */
const gathered = (x: Tensor, n: number): Tensor => t.unfold(x, n, n, n);
/** [B, h, w, n·n·C] → [B, h·n, w·n, C]. */
const spread = (x: Tensor, n: number): Tensor => t.fold(x, x.shape[1]! * n, x.shape[2]! * n, n, n, n);
const apply = (x: Tensor, p: Parameters, name: string): Tensor =>
  t.linear(x, parameter(p, `${name}.weight`), parameter(p, `${name}.bias`));
const mix = (x: Tensor, p: Parameters, name: string): Tensor => apply(t.unfold(x, 3, 3, 1, 1), p, name);
const residual = (x: Tensor, p: Parameters, name: string): Tensor =>
  t.add(x, apply(t.silu(mix(t.silu(x), p, `${name}.mix`)), p, `${name}.out`));

/** [B, 64, 64, 4] → [B, 8, 8, latent]. */
export function encode(p: Parameters, pictures: Tensor): Tensor {
  const fine = residual(apply(gathered(pictures, 4), p, "encoder.in"), p, "encoder.fine");
  const coarse = residual(apply(gathered(t.silu(fine), 2), p, "encoder.down"), p, "encoder.coarse");
  const z = apply(t.silu(coarse), p, "encoder.out");
  const latent = z.shape[3]!;
  return t.norm(z, t.Tensor.full(z.backend, [latent], 1), t.Tensor.full(z.backend, [latent], 0), 1e-4);
}
/** [B, 8, 8, latent] → [B, 64, 64, 4]; a little below 0 or above 1 here and there. */
export function decode(p: Parameters, z: Tensor): Tensor {
  let x = mix(z, p, "decoder.in");
  for (const i of [0, 1]) x = residual(x, p, `decoder.coarse.${i}`);
  x = spread(apply(t.silu(x), p, "decoder.up"), 2);
  for (const i of [0, 1]) x = residual(x, p, `decoder.fine.${i}`);
  return spread(mix(t.silu(x), p, "decoder.out"), 4);
}

/** Mean distance of colours and of their steps from pixel to pixel, which is what makes edges crisp. */
export function drawingLoss(drawn: Tensor, pictures: Tensor): Tensor {
  const off = t.sub(drawn, pictures);
  const across = t.sub(t.slice(off, 2, 1, edge), t.slice(off, 2, 0, edge - 1));
  const down = t.sub(t.slice(off, 1, 1, edge), t.slice(off, 1, 0, edge - 1));
  const distance = t.add(t.mean(t.abs(off)), t.scale(t.mean(t.square(off)), 4));
  return t.add(distance, t.scale(t.add(t.mean(t.abs(across)), t.mean(t.abs(down))), 0.5));
}
