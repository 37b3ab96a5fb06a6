/** Shorter lines belong to nobody. */
const least = 40;

/**
 * The longer lines of the packages that the model learnt from, those that only one package has: by their hashes, 4 bytes a line, sorted. A line that
 * is not there is taken for one that is in one of 20,000 cases.
 */
export class LearntLines {
  readonly #hashes: Uint32Array;

  /** `bytes`: as {@link learntLines} makes them. */
  constructor(bytes: Uint8Array) {
    this.#hashes = new Uint32Array(bytes.slice().buffer);
  }

  has(line: string): boolean {
    const text = line.trim();
    if (text.length < least) return false;
    const wanted = hashOf(text);
    let [low, high] = [0, this.#hashes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#hashes[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return this.#hashes[low] === wanted;
  }
}

/** `packages`: the texts of each. */
export function learntLines(packages: readonly (readonly string[])[]): Uint8Array {
  const owner = new Map<number, number>();
  for (const [i, texts] of packages.entries())
    for (const text of texts)
      for (const line of text.split("\n")) {
        const trimmed = line.trim();
        if (trimmed.length < least) continue;
        const hash = hashOf(trimmed);
        owner.set(hash, (owner.get(hash) ?? i) === i ? i : -1);
      }
  const hashes = Uint32Array.from([...owner].flatMap(([hash, of]) => (of >= 0 ? hash : []))).sort();
  return new Uint8Array(hashes.buffer);
}

/** FNV-1a, its bits spread by MurmurHash3's last step. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
