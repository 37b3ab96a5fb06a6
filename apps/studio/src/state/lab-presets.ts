/** A size of model that the form offers; what it does not name is as the Lab has it. */
export const sizes = ["tiny", "small", "medium"] as const;
export type Size = (typeof sizes)[number];

const shapes: Readonly<
  Record<Size, { readonly context: number; readonly layers: number; readonly width: number; readonly heads: number }>
> = {
  tiny: { context: 128, layers: 2, width: 64, heads: 4 },
  small: { context: 256, layers: 4, width: 128, heads: 4 },
  medium: { context: 256, layers: 6, width: 256, heads: 8 },
};
export const usualSteps: Readonly<Record<Size, number>> = { tiny: 500, small: 1500, medium: 5000 };

/** The Lab's configuration for a size: a GPT of characters, looked at some twenty times on the way. */
export function presetOf(size: Size, steps: number): Record<string, unknown> {
  return {
    model: { kind: "gpt", ...shapes[size] },
    tokenizer: { type: "char" },
    steps,
    batch: size === "tiny" ? 8 : 16,
    learningRate: size === "tiny" ? 0.004 : size === "small" ? 0.002 : 0.001,
    warmup: Math.min(100, Math.ceil(steps / 10)),
    evaluateEvery: Math.max(5, Math.ceil(steps / 20)),
    evaluateBatches: 8,
    checkpointEvery: Math.max(10, Math.ceil(steps / 5)),
  };
}
