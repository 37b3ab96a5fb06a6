import type { Tensor } from "../tensor/index.ts";
import * as t from "../tensor/index.ts";
import type { Weights } from "../weights.ts";
import type { TokenRows } from "./bert.ts";
import type { VitConfig } from "./config.ts";
import { encoder, encoderShapes, paddingMask } from "./layers.ts";
import { type Parameters, parameter } from "./parameters.ts";
import { vit } from "./vit.ts";

/**
 * CLIP (Radford et al. 2021): a picture and its text end near one another on the unit sphere, all other pairs of the batch far apart.
 * The text tower reads in both directions and takes the mean of its tokens, where the paper's is causal and takes the last.
 */
export function clipShapes(c: VitConfig): [string, readonly number[]][] {
  const { text } = c;
  if (text === undefined) return [];
  return [
    ["project.weight", [text.embedding, c.width]],
    ["text.tokens", [text.vocab, text.width]],
    ["text.positions", [text.context, text.width]],
    ...encoderShapes("text.encoder", text),
    ["text.project.weight", [text.embedding, text.width]],
    ["temperature", [1]],
  ];
}
/** ln(1/0.07): the paper's start. */
export const startingTemperature = (weights: Weights): Weights =>
  new Map([...weights, ["temperature", { shape: [1], data: Float32Array.of(Math.log(1 / 0.07)) }]]);

/** Pictures [B, H, W, C] → unit vectors [B, embedding]. */
export const embedPictures = (c: VitConfig, p: Parameters, pictures: Tensor): Tensor =>
  unit(t.linear(vit(c, p, pictures), parameter(p, "project.weight")));

/** Rows of tokens, padding below 0 → unit vectors [B, embedding]. */
export function embedTexts(c: VitConfig, p: Parameters, { tokens, shape }: TokenRows): Tensor {
  const { text } = c;
  if (text === undefined) throw new Error("this model has no text tower");
  const [B, T] = shape;
  if (T > text.context) throw new RangeError(`${T} tokens are beyond this model's ${text.context}`);
  const table = parameter(p, "text.tokens");
  const x = t.add(t.gather(table, t.Ids.from(table.backend, tokens, shape)), t.slice(parameter(p, "text.positions"), 0, 0, T));
  const y = encoder(x, p, "text.encoder", text, { mask: paddingMask(table.backend, tokens, shape) });
  // the mean over the row's own tokens, as a product with [B, 1, T]
  const share = new Float32Array(B * T);
  for (let b = 0; b < B; b++) {
    const own = tokens.subarray(b * T, (b + 1) * T).map((token) => (token < 0 ? 0 : 1));
    const count = Math.max(
      1,
      own.reduce((a, n) => a + n, 0),
    );
    share.set(
      Array.from(own, (n) => n / count),
      b * T,
    );
  }
  const pooled = t.reshape(t.matmul(t.Tensor.from(table.backend, share, [B, 1, T]), y), [B, text.width]);
  return unit(t.linear(pooled, parameter(p, "text.project.weight")));
}

/** Symmetric InfoNCE over a batch of pairs: the mean of picture → text and text → picture, nats; ln B when nothing is known. */
export function clipLoss(c: VitConfig, p: Parameters, pictures: Tensor, texts: TokenRows): Tensor {
  const B = pictures.shape[0]!;
  const cosines = t.matmul(embedPictures(c, p, pictures), embedTexts(c, p, texts), { transB: true }); // [B, B]
  // at most 100, as the paper, or training may run away
  const logits = t.mul(cosines, t.exp(t.clamp(parameter(p, "temperature"), 0, Math.log(100))));
  const own = t.Ids.from(
    pictures.backend,
    Int32Array.from({ length: B }, (_, i) => i),
    [B],
  );
  return t.scale(t.add(t.crossEntropy(logits, own), t.crossEntropy(t.transpose(logits), own)), 0.5);
}

const unit = (x: Tensor): Tensor => t.div(x, t.sqrt(t.affine(t.sum(t.square(x), [-1], true), 1, 1e-12)));
