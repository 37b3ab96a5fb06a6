import type { Tensor } from "../tensor/index.ts";
import * as t from "../tensor/index.ts";
import { Ids } from "../tensor/index.ts";
import type { Random, Weights } from "../weights.ts";
import type { VaeConfig } from "./config.ts";
import { byInputs, convolution, convolutionShapes, convolutionUp, convolutionUpShapes } from "./layers.ts";
import { likelihoodOf, startingDeviation } from "./likelihood.ts";
import { initialWeights, type Parameters, parameter } from "./parameters.ts";

/**
 * VQ-VAE (van den Oord et al. 2017): a picture [B, H, W, C], pixels 0 to 1, becomes a grid of H/4 × W/4 codes. Two strided convolutions down,
 * `depth` residual blocks, and the same back; `latent` numbers a code. It has no prior: what draws new grids is a gpt trained on the codes.
 */
export function vqShapes(c: VaeConfig): Map<string, readonly number[]> {
  const { hidden, depth, latent, picture } = c;
  const blocks = (side: string) =>
    Array.from({ length: depth }, (_, i) => [
      ...convolutionShapes(`${side}.${i}.mix`, hidden, hidden, 3),
      ...convolutionShapes(`${side}.${i}.out`, hidden, hidden, 1),
    ]).flat();
  return new Map<string, readonly number[]>([
    ...convolutionShapes("encoder.down1", hidden, picture!.channels, 4),
    ...convolutionShapes("encoder.down2", hidden, hidden, 4),
    ...blocks("encoder"),
    ...convolutionShapes("encoder.out", latent, hidden, 1),
    ["codes", [c.codes!.count, latent]],
    ...convolutionShapes("decoder.in", hidden, latent, 1),
    ...blocks("decoder"),
    ...convolutionUpShapes("decoder.up1", hidden, hidden, 4),
    ...convolutionUpShapes("decoder.up2", picture!.channels, hidden, 4),
    ...(likelihoodOf(c).deviations === 0 ? [] : ([["deviation", [1]]] as const)),
  ]);
}
export function initialVq(c: VaeConfig, random: Random): Weights {
  const weights = initialWeights(vqShapes(c), random, (name, shape) => {
    if (name === "codes") return 1 / Math.sqrt(c.latent);
    // each pixel of a transposed convolution of 4 by 2 is made by a fourth of the kernel
    if (/\.up\d\.weight$/.test(name)) return Math.SQRT2 / Math.sqrt(4 * shape[0]!);
    return byInputs(name.endsWith("out.weight") ? 1 : Math.SQRT2)(name, shape);
  });
  weights.get("deviation")?.data.fill(startingDeviation);
  return weights;
}

function blocks(x: Tensor, p: Parameters, side: string, depth: number): Tensor {
  let y = x;
  for (let i = 0; i < depth; i++) {
    const mixed = t.relu(convolution(t.relu(y), p, `${side}.${i}.mix`, 3, 1, 1));
    y = t.add(y, convolution(mixed, p, `${side}.${i}.out`, 1));
  }
  return t.relu(y);
}
/** Pictures → vectors [B·H/4·W/4, latent] before they become codes. */
function vectors(c: VaeConfig, p: Parameters, pictures: Tensor): Tensor {
  const half = t.relu(convolution(pictures, p, "encoder.down1", 4, 2, 1));
  const quarter = convolution(half, p, "encoder.down2", 4, 2, 1);
  return t.reshape(convolution(blocks(quarter, p, "encoder", c.depth), p, "encoder.out", 1), [-1, c.latent]);
}
/** The nearest code of each vector. */
function nearest(p: Parameters, z: Tensor): Int32Array {
  const codes = parameter(p, "codes");
  const [count] = codes.shape as [number];
  const scores = t.scope(() =>
    t.untracked(() => {
      const lengths = t.reshape(t.sum(t.square(codes), [1]), [1, count]);
      return t.sub(lengths, t.scale(t.matmul(z, codes, { transB: true }), 2)).valuesSync();
    }),
  );
  return Int32Array.from({ length: z.shape[0]! }, (_, i) => {
    let best = 0;
    for (let k = 1; k < count; k++) if (scores[i * count + k]! < scores[i * count + best]!) best = k;
    return best;
  });
}
/** Vectors of codes → what the likelihood reads, [B, H·W·C]. */
function decoded(c: VaeConfig, p: Parameters, z: Tensor): Tensor {
  const { height, width, channels } = c.picture!;
  const grid = t.reshape(z, [-1, height / 4, width / 4, c.latent]);
  const quarter = blocks(convolution(grid, p, "decoder.in", 1), p, "decoder", c.depth);
  const half = t.relu(convolutionUp(quarter, p, "decoder.up1", [height / 2, width / 2], 4, 2, 1));
  return t.reshape(convolutionUp(half, p, "decoder.up2", [height, width], 4, 2, 1), [-1, height * width * channels]);
}

/** The codes of pictures, [B, H/4, W/4] row-major. */
export const encodeVq = (c: VaeConfig, p: Parameters, pictures: Tensor): Int32Array =>
  t.scope(() => t.untracked(() => nearest(p, vectors(c, p, pictures))));
/** Pictures [B, H, W, C], pixels 0 to 1, of codes. */
export function decodeVq(c: VaeConfig, p: Parameters, codes: Int32Array): Float32Array {
  const table = parameter(p, "codes");
  return t.scope(() =>
    t.untracked(() => likelihoodOf(c).mean(decoded(c, p, t.gather(table, Ids.from(table.backend, codes, [codes.length]))))),
  );
}

/**
 * Mean over pictures of −ln p(x | codes), the distance of vectors from their codes by which codes learn, and as much again by `commitment`
 * for the encoder. The decoder's gradient passes the codes straight through to the encoder.
 */
export function vqLoss(c: VaeConfig, p: Parameters, pictures: Tensor): Tensor {
  const B = pictures.shape[0]!;
  const z = vectors(c, p, pictures);
  const q = t.gather(parameter(p, "codes"), Ids.from(z.backend, nearest(p, z), [z.shape[0]!]));
  const straight = t.add(z, t.sub(q, z).detach());
  const x = t.reshape(pictures, [B, -1]);
  const log = t.sum(likelihoodOf(c).log(p, decoded(c, p, straight), x));
  const codes = t.sum(t.square(t.sub(q, z.detach())));
  const commitment = t.sum(t.square(t.sub(z, q.detach())));
  return t.scale(t.sub(t.add(codes, t.scale(commitment, c.codes!.commitment)), log), 1 / B);
}
/** Evidence lower bound of each picture, nats, all grids being equally likely: ln p(x | codes) − H/4·W/4·ln(count). */
export function vqElbo(c: VaeConfig, p: Parameters, pictures: Tensor): Float32Array {
  return t.scope(() =>
    t.untracked(() => {
      const z = vectors(c, p, pictures);
      const ids = nearest(p, z);
      const B = pictures.shape[0]!;
      const q = t.gather(parameter(p, "codes"), Ids.from(z.backend, ids, [ids.length]));
      const log = likelihoodOf(c).log(p, decoded(c, p, q), t.reshape(pictures, [B, -1]));
      return t.affine(log, 1, -(ids.length / B) * Math.log(c.codes!.count)).valuesSync();
    }),
  );
}

/**
 * Codes that no vector of these pictures is near become vectors of them, drawn (Dhariwal et al. 2020, "random restarts"): without it most
 * codes never get a gradient. Answers how many. Call it now and then in training, first before the first step.
 */
export function restartCodes(c: VaeConfig, p: Parameters, pictures: Tensor, random: Random): number {
  const codes = parameter(p, "codes");
  return t.scope(() =>
    t.untracked(() => {
      const z = vectors(c, p, pictures);
      const used = new Set(nearest(p, z));
      const [from, to] = [z.valuesSync(), codes.valuesSync().slice()];
      const rows = z.shape[0]!;
      for (let code = 0; code < c.codes!.count; code++) {
        if (used.has(code)) continue;
        const row = Math.floor(random() * rows);
        to.set(from.subarray(row * c.latent, (row + 1) * c.latent), code * c.latent);
      }
      if (used.size < c.codes!.count) codes.backend.write(codes.block, to);
      return c.codes!.count - used.size;
    }),
  );
}
