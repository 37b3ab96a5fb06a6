import { InksealError } from "@inkseal/core";
import type { Weights } from "../weights.ts";
import { type GptConfig, gptShapes } from "./config.ts";

/**
 * Whether weights (of a safetensors file, say) are those of a GPT of this configuration: Hugging Face's Llama or Mixtral.
 * Throws `bad-file` naming the first tensor that is missing, misshapen or unknown.
 */
export const checkWeights = (config: GptConfig, weights: Weights): void => checkShapes(gptShapes(config), weights);

/** The same of any model, by the names and shapes of its parameters. */
export function checkShapes(shapes: ReadonlyMap<string, readonly number[]>, weights: Weights): void {
  const bad = (what: string) => new InksealError("bad-file", `the weights do not fit the configuration: ${what}`);
  for (const [name, shape] of shapes) {
    const found = weights.get(name);
    if (found === undefined) throw bad(`${name} is missing`);
    if (found.shape.length !== shape.length || found.shape.some((n, i) => n !== shape[i]))
      throw bad(`${name} has the shape [${found.shape.join(", ")}] in place of [${shape.join(", ")}]`);
    if (found.data.length !== shape.reduce((a, b) => a * b, 1)) throw bad(`${name} has ${found.data.length} values`);
  }
  for (const name of weights.keys()) if (!shapes.has(name)) throw bad(`${JSON.stringify(name.slice(0, 100))} is unknown`);
}
