/**
 * A polar code (Arıkan 2009) for short messages, decoded softly by successive cancellation with a list (Tal and Vardy 2015; metrics in
 * ratios after Balatsoukas-Stimming et al. 2015). At a few hundred bits it is within a fraction of a decibel of the best code there is.
 * Which positions carry the message is told by their polarisation weight, β = 2^(1/4) (He et al. 2017), whatever the channel.
 */

/** A message found in a received word; the lower the cost, the likelier. */
export interface Decoded {
  readonly bits: Uint8Array;
  readonly cost: number;
}

/** Beyond all log-likelihood ratios that mean anything. */
const surest = 1e100;

export class PolarCode {
  /** Coded bits. */
  readonly length: number;
  /** Bits of a message. */
  readonly size: number;
  /** Positions of the message's bits in the transform's input, rising. */
  readonly #positions: Uint16Array;
  readonly #frozen: Uint8Array;

  /** `length` coded bits (a power of 2 up to 4096) for `size` bits of message. RangeError for anything else. */
  constructor(length: number, size: number) {
    this.length = length;
    this.size = size;
    if (!(length >= 2 && length <= 4096) || (length & (length - 1)) !== 0)
      throw new RangeError(`polar code of length ${length}: a power of 2 from 2 to 4096 is needed`);
    if (!Number.isInteger(size) || size < 1 || size > length) throw new RangeError(`polar code: ${size} bits in ${length}`);
    const weight = (i: number): number => {
      let w = 0;
      for (let j = 0; i >> j > 0; j++) if ((i >> j) & 1) w += 2 ** (j / 4);
      return w;
    };
    const best = Array.from({ length }, (_, i) => i).sort((a, b) => weight(b) - weight(a));
    this.#positions = Uint16Array.from(best.slice(0, size)).sort();
    this.#frozen = new Uint8Array(length).fill(1);
    for (const p of this.#positions) this.#frozen[p] = 0;
  }

  /** The coded bits of a message, a bit (0 or 1) an element in both. */
  encode(message: Uint8Array): Uint8Array {
    if (message.length !== this.size) throw new RangeError(`polar code: a message of ${message.length} bits, not ${this.size}`);
    const word = new Uint8Array(this.length);
    for (const [i, p] of this.#positions.entries()) word[p] = message[i]! & 1;
    for (let half = 1; half < this.length; half *= 2)
      for (let at = 0; at < this.length; at += 2 * half) for (let k = at; k < at + half; k++) word[k]! ^= word[k + half]!;
    return word;
  }

  /**
   * The likeliest messages, best first, at most `list` of them, for what is known of the coded bits: above 0 speaks for 0, in
   * proportion to log(P(0) / P(1)); the scale does not matter. What is not finite counts as unknown.
   */
  decode(soft: ArrayLike<number>, list: number): Decoded[] {
    if (soft.length !== this.length) throw new RangeError(`polar code: ${soft.length} soft bits, not ${this.length}`);
    // bounded, so that no sum of them overflows
    const word = Float64Array.from(soft, (s) => (Number.isFinite(s) ? Math.max(-surest, Math.min(surest, s)) : 0));
    const spare: Path[] = [];
    let paths = [new Path(word)];
    for (let i = 0; i < this.length; i++) {
      for (const path of paths) path.descend(i);
      if (this.#frozen[i] === 1) {
        for (const path of paths) path.take(i, 0, path.costOf(0));
        continue;
      }
      const choices: { readonly path: Path; readonly bit: 0 | 1; readonly cost: number }[] = [];
      for (const path of paths) choices.push({ path, bit: 0, cost: path.costOf(0) }, { path, bit: 1, cost: path.costOf(1) });
      if (choices.length > list) choices.sort((a, b) => a.cost - b.cost).length = list;
      const wanted = new Set(choices.map(({ path }) => path));
      for (const path of paths) if (!wanted.has(path)) spare.push(path);
      // a path that both of its bits go on from is copied before either is taken
      paths = choices.map(({ path }) => (wanted.delete(path) ? path : (spare.pop() ?? new Path(word)).copy(path)));
      for (const [n, { bit, cost }] of choices.entries()) paths[n]!.take(i, bit, cost);
    }
    return paths
      .sort((a, b) => a.cost - b.cost)
      .map(({ input, cost }) => ({ bits: Uint8Array.from(this.#positions, (p) => input[p]!), cost }));
  }
}

/**
 * One list entry. Both `soft` and `left` hold a block of each size at that size's offset: the block of `size` values that is being decoded
 * lies at `size … 2·size − 1`.
 */
class Path {
  cost = 0;
  /** Decided input of the transform. */
  readonly input: Uint8Array;
  /** Soft values of the current block of every size; the largest is the received word, the same in all paths. */
  readonly #soft: Float64Array;
  /** Coded bits of the left half, where the current block of that size is a right half. */
  readonly #left: Uint8Array;
  /** Coded bits of the block that was completed last. */
  readonly #block: Uint8Array;

  constructor(word: Float64Array) {
    this.input = new Uint8Array(word.length);
    this.#soft = new Float64Array(2 * word.length);
    this.#soft.set(word, word.length);
    this.#left = new Uint8Array(word.length);
    this.#block = new Uint8Array(word.length);
  }

  /** Becomes like a path of the same word. */
  copy(from: Path): this {
    this.cost = from.cost;
    this.input.set(from.input);
    this.#soft.set(from.#soft.subarray(0, from.input.length));
    this.#left.set(from.#left);
    return this;
  }

  /** Works out what is known of input `i`, all before it decided: halves are combined from the largest block that changed down to one value. */
  descend(i: number): void {
    const soft = this.#soft;
    const left = this.#left;
    const changed = i === 0 ? this.input.length : (i & -i) * 2; // the smallest block that holds i and i − 1
    for (let size = changed / 2; size >= 1; size /= 2) {
      if ((i & size) !== 0)
        for (let k = size; k < 2 * size; k++) {
          const a = soft[size + k]!;
          const b = soft[2 * size + k]!;
          soft[k] = left[k] === 0 ? b + a : b - a;
        }
      else
        for (let k = size; k < 2 * size; k++) {
          const a = soft[size + k]!;
          const b = soft[2 * size + k]!;
          const least = Math.min(Math.abs(a), Math.abs(b));
          soft[k] = a < 0 !== b < 0 ? -least : least;
        }
    }
  }

  /** Cost if the input that {@link descend} reached is `bit`. */
  costOf(bit: 0 | 1): number {
    const s = this.#soft[1]!;
    return this.cost + Math.max(0, bit === 0 ? -s : s);
  }

  /** Decides input `i`, and keeps the coded bits of the largest left half that this completes. */
  take(i: number, bit: 0 | 1, cost: number): void {
    const left = this.#left;
    const block = this.#block;
    this.input[i] = bit;
    this.cost = cost;
    block[0] = bit;
    let size = 1;
    for (; (i & size) !== 0; size *= 2)
      for (let k = 0; k < size; k++) {
        block[size + k] = block[k]!;
        block[k]! ^= left[size + k]!;
      }
    if (size < block.length) for (let k = 0; k < size; k++) left[size + k] = block[k]!;
  }
}
