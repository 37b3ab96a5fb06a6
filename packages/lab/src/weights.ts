/** A tensor's values outside the engine: row-major, `data.length` is the product of `shape`. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A model's parameters by name, in the order of the model. Names and shapes of `gpt` are those of Hugging Face's Llama. */
export type Weights = ReadonlyMap<string, Values>;

/** Deterministic source of randomness: floats in [0, 1). */
export type Random = () => number;
