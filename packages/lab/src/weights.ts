/** A tensor's values outside the engine: row-major, `data.length` is the product of `shape`. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A model's parameters by name, in the order of the model. Names and shapes of `gpt` are those of Hugging Face's Llama. */
export type Weights = ReadonlyMap<string, Values>;

/** Deterministic source of randomness: floats in [0, 1). */
export type Random = () => number;

/** A matrix [n, k] in groups of 32 along k (a multiple of 32), each with one scale: value = integer × scale. */
export interface QuantisedMatrix {
  readonly shape: readonly [n: number, k: number];
  readonly bits: 8 | 4;
  /** 8 bits: int8, row-major. 4 bits: byte i of a group's 16 holds value i in its low half and value i + 16 in its high half, both plus 8. */
  readonly data: Int8Array | Uint8Array;
  /** [n, k/32]. */
  readonly scales: Float32Array;
}
/** Weights of which some matrices are quantised. */
export type MixedWeights = ReadonlyMap<string, Values | QuantisedMatrix>;
