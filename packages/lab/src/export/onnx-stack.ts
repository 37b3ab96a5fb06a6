import { InksealError } from "@inkseal/core";
import type { Values } from "../weights.ts";
import { OnnxGraph } from "./onnx-graph.ts";

/** y = f(W x + b). */
export interface StackLayer {
  /** [out, in] */
  readonly weight: Values;
  /** [out] */
  readonly bias?: Values;
  readonly activation?: "relu" | "silu" | "sigmoid" | "tanh";
}

/**
 * Linear layers one after the other as an ONNX file: the decoder of a VAE, the generator of a GAN, a head on vectors.
 * `input` [batch, in of the first] → `output` [batch, out of the last]. Throws `bad-file` when layers do not fit each other.
 */
export function onnxStack(layers: readonly StackLayer[], { input = "input", output = "output" } = {}): Uint8Array {
  const g = new OnnxGraph("stack");
  let width = layers[0]?.weight.shape[1];
  if (width === undefined) throw new InksealError("bad-file", "there are no layers of shape [out, in]");
  let x = g.input(input, "float", ["batch", width]);
  for (const [i, { weight, bias, activation }] of layers.entries()) {
    const [rows, columns] = weight.shape;
    if (weight.shape.length !== 2 || columns !== width || (bias !== undefined && bias.data.length !== rows))
      throw new InksealError("bad-file", `layer ${i} of shape [${weight.shape.join(", ")}] does not fit a width of ${width}`);
    const parameters = [g.weight(`${i}.weight`, weight.shape, weight.data)];
    if (bias !== undefined) parameters.push(g.weight(`${i}.bias`, bias.shape, bias.data));
    x = g.node("Gemm", "float", [x, ...parameters], { transB: 1 });
    if (activation === "silu") x = g.mul(x, g.map("Sigmoid", x));
    else if (activation !== undefined) x = g.map(({ relu: "Relu", sigmoid: "Sigmoid", tanh: "Tanh" } as const)[activation], x);
    width = rows as number;
  }
  g.output(output, x, ["batch", width]);
  return g.finish();
}
