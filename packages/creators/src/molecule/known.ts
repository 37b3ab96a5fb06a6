/**
 * Which molecules were in the training data: a Bloom filter (Bloom 1970) over canonical SMILES, 10 bits a molecule. It never forgets one, and takes about
 * 1 in 120 others for one.
 */
export class KnownMolecules {
  readonly #bits: Uint8Array;
  constructor(bits: Uint8Array) {
    this.#bits = bits;
  }
  static of(smiles: readonly string[]): KnownMolecules {
    const known = new KnownMolecules(new Uint8Array(Math.ceil((smiles.length * 10) / 8)));
    for (const one of smiles) for (const place of known.#places(one)) known.#bits[place >> 3]! |= 1 << (place & 7);
    return known;
  }
  get bytes(): Uint8Array {
    return this.#bits;
  }
  has(smiles: string): boolean {
    return this.#places(smiles).every((place) => ((this.#bits[place >> 3]! >> (place & 7)) & 1) === 1);
  }
  /** Seven places by two hashes (Kirsch & Mitzenmacher 2006). */
  #places(text: string): number[] {
    const size = this.#bits.length * 8;
    const [a, b] = [fnv(text, 0x811c9dc5), (fnv(text, 0x9747b28c) | 1) >>> 0];
    return Array.from({ length: 7 }, (_, i) => (a + i * b) % size);
  }
}

/** FNV-1a of 32 bits from a start of one's own, with a final mix: near texts must not lie near. */
function fnv(text: string, start: number): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
