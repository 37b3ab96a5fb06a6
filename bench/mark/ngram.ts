/** A language model that is made in a second: characters given those before, counts interpolated after Witten and Bell (1991). */
export interface Ngram {
  readonly alphabet: readonly string[];
  /** Probabilities of all tokens after `tokens`, which sum to 1. */
  next(tokens: readonly number[]): Float64Array;
}

/** `order` characters are looked at, the predicted one included. */
export function ngram(text: string, order: number): Ngram & { readonly tokens: Uint16Array } {
  const characters = [...text];
  const alphabet = [...new Set(characters)].sort();
  const id = new Map(alphabet.map((c, i) => [c, i]));
  const tokens = Uint16Array.from(characters, (c) => id.get(c)!);
  const counts = Array.from({ length: order }, () => new Map<string, Map<number, number>>());
  for (let i = 0; i < tokens.length; i++) {
    for (let n = 0; n < Math.min(order, i + 1); n++) {
      const context = String.fromCharCode(...tokens.subarray(i - n, i));
      let after = counts[n]!.get(context);
      if (after === undefined) counts[n]!.set(context, (after = new Map()));
      after.set(tokens[i]!, (after.get(tokens[i]!) ?? 0) + 1);
    }
  }
  return {
    alphabet,
    tokens,
    next(before) {
      let p = new Float64Array(alphabet.length).fill(1 / alphabet.length);
      for (let n = 0; n < order && n <= before.length; n++) {
        const after = counts[n]!.get(String.fromCharCode(...before.slice(before.length - n)));
        if (after === undefined) break;
        let total = 0;
        for (const c of after.values()) total += c;
        const kept = after.size / (total + after.size); // for what was not seen after this context
        p = p.map((v) => v * kept);
        for (const [t, c] of after) p[t]! += c / (total + after.size);
      }
      return p;
    },
  };
}
