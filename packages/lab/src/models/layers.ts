import type { Tensor } from "../tensor/index.ts";
import * as t from "../tensor/index.ts";
import { type Parameters, parameter } from "./parameters.ts";

/** Layers that several models share, as functions over named parameters; beside each the shapes of what it needs. */
type Named = [name: string, shape: readonly number[]];

/** `name`.weight [out, width] and `name`.bias [out]. */
export const denseShapes = (name: string, out: number, width: number): Named[] => [
  [`${name}.weight`, [out, width]],
  [`${name}.bias`, [out]],
];
/** x·weightᵀ + bias over the last axis. */
export const dense = (x: Tensor, p: Parameters, name: string): Tensor =>
  t.linear(x, parameter(p, `${name}.weight`), parameter(p, `${name}.bias`));

/** A square kernel: weight [out, kernel·kernel·input], bias [out]. */
export const convolutionShapes = (name: string, out: number, input: number, kernel: number): Named[] =>
  denseShapes(name, out, kernel * kernel * input);
/** x [B, H, W, input] → [B, H/stride, W/stride, out], with padding that fits. */
export const convolution = (x: Tensor, p: Parameters, name: string, kernel: number, stride = 1, padding = 0): Tensor =>
  dense(t.unfold(x, kernel, kernel, stride, padding), p, name);

/** A transposed convolution: weight [input, kernel·kernel·out], bias [out]. */
export const convolutionUpShapes = (name: string, out: number, input: number, kernel: number): Named[] => [
  [`${name}.weight`, [input, kernel * kernel * out]],
  [`${name}.bias`, [out]],
];
/** x [B, h, w, input] → [B, H, W, out]. */
export function convolutionUp(
  x: Tensor,
  p: Parameters,
  name: string,
  [H, W]: readonly [number, number],
  kernel: number,
  stride: number,
  padding: number,
): Tensor {
  const y = t.convTranspose2d(x, parameter(p, `${name}.weight`), H, W, kernel, stride, padding);
  return t.add(y, parameter(p, `${name}.bias`));
}

/** The name must hold the word norm: such weights begin at one. */
export const normShapes = (name: string, width: number): Named[] => [
  [`${name}.weight`, [width]],
  [`${name}.bias`, [width]],
];
export const layerNorm = (x: Tensor, p: Parameters, name: string, epsilon = 1e-5): Tensor =>
  t.norm(x, parameter(p, `${name}.weight`), parameter(p, `${name}.bias`), epsilon);

/** Deviation gain/√(inputs) for weights [out, in]: He et al. 2015 with gain √2. */
export const byInputs =
  (gain: number) =>
  (_name: string, shape: readonly number[]): number =>
    gain / Math.sqrt(shape[1]!);

/**
 * For encoders: linear weights normal with 0.64/√inputs (0.02 at BERT's largest width, and as fitting for small ones), those that write
 * into the residual stream smaller by √(2·layers); embeddings normal with 0.02.
 */
export const residualDeviation =
  (layers: number) =>
  (name: string, shape: readonly number[]): number =>
    name.endsWith(".weight") ? 0.64 / Math.sqrt(shape[1]! * (/\.(out|down)\.weight$/.test(name) ? 2 * layers : 1)) : 0.02;

export const attentionShapes = (name: string, width: number): Named[] =>
  ["query", "key", "value", "out"].flatMap((part) => denseShapes(`${name}.${part}`, width, width));
/** Multi-head self-attention in both directions: x [B, T, width]; `mask` [B, T] is added to the scores of a key. */
export function selfAttention(x: Tensor, p: Parameters, name: string, heads: number, mask?: Tensor): Tensor {
  const [B, T, width] = x.shape as [number, number, number];
  const part = (which: string): Tensor => t.reshape(dense(x, p, `${name}.${which}`), [B, T, heads, width / heads]);
  const y = t.attention(part("query"), part("key"), part("value"), mask === undefined ? {} : { mask });
  return dense(t.reshape(y, [B, T, width]), p, `${name}.out`);
}

export const feedForwardShapes = (name: string, width: number, hidden: number): Named[] => [
  ...denseShapes(`${name}.up`, hidden, width),
  ...denseShapes(`${name}.down`, width, hidden),
];
export const feedForward = (x: Tensor, p: Parameters, name: string): Tensor =>
  dense(t.gelu(dense(x, p, `${name}.up`)), p, `${name}.down`);

export interface EncoderSize {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  /** By default 4 × width. */
  readonly hidden?: number | undefined;
  readonly normEps?: number;
}
export const encoderShapes = (name: string, { layers, width, hidden = 4 * width }: EncoderSize): Named[] => [
  ...Array.from({ length: layers }, (_, i) => [
    ...normShapes(`${name}.${i}.norm1`, width),
    ...attentionShapes(`${name}.${i}.attention`, width),
    ...normShapes(`${name}.${i}.norm2`, width),
    ...feedForwardShapes(`${name}.${i}.feed`, width, hidden),
  ]).flat(),
  ...normShapes(`${name}.norm`, width),
];
export interface EncoderOptions {
  readonly mask?: Tensor | undefined;
  /** Dropout on what each half of a layer adds. */
  readonly drop?: (x: Tensor) => Tensor;
}
/**
 * A bidirectional Transformer, x [B, T, width] → the same, normed. Norms stand before the layers, not after as in BERT's paper:
 * it then trains without a warm-up (Xiong et al. 2020).
 */
export function encoder(x: Tensor, p: Parameters, name: string, size: EncoderSize, options: EncoderOptions = {}): Tensor {
  const { mask, drop = (y: Tensor) => y } = options;
  let y = x;
  for (let i = 0; i < size.layers; i++) {
    const layer = `${name}.${i}`;
    y = t.add(
      y,
      drop(selfAttention(layerNorm(y, p, `${layer}.norm1`, size.normEps), p, `${layer}.attention`, size.heads, mask)),
    );
    y = t.add(y, drop(feedForward(layerNorm(y, p, `${layer}.norm2`, size.normEps), p, `${layer}.feed`)));
  }
  return layerNorm(y, p, `${name}.norm`, size.normEps);
}

/** What hides padding (tokens below 0) from attention, [B, T]; undefined when there is none. */
export function paddingMask(
  backend: t.Backend,
  tokens: Int32Array,
  shape: readonly [B: number, T: number],
): Tensor | undefined {
  if (tokens.every((token) => token >= 0)) return undefined;
  return t.Tensor.from(
    backend,
    Float32Array.from(tokens, (token) => (token < 0 ? -1e9 : 0)),
    shape,
  );
}
