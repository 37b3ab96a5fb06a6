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
    const best = Array.from({ length }, (_, i) => i).sort((a, b) => weight(b) - weight(a) || b - a);
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
  decode(soft: ArrayLike<number>, list = 16): Decoded[] {
    if (soft.length !== this.length) throw new RangeError(`polar code: ${soft.length} soft bits, not ${this.length}`);
    const blocks = new Float64Array(2 * this.length);
    for (let k = 0; k < this.length; k++) blocks[this.length + k] = Number.isFinite(soft[k]) ? soft[k]! : 0;
    let paths = [new Path(blocks, new Uint8Array(2 * this.length), new Uint8Array(this.length))];
    for (let i = 0; i < this.length; i++) {
      const choices: { readonly path: Path; readonly bit: number; readonly cost: number }[] = [];
      for (const path of paths) {
        const s = path.softAt(i);
        choices.push({ path, bit: 0, cost: path.cost + Math.max(0, -s) });
        if (this.#frozen[i] === 0) choices.push({ path, bit: 1, cost: path.cost + Math.max(0, s) });
      }
      if (choices.length > list) choices.sort((a, b) => a.cost - b.cost).length = list;
      const taken = new Set<Path>();
      const forks = choices.map(({ path }) => {
        if (taken.has(path)) return path.fork();
        taken.add(path);
        return path;
      });
      for (const [n, { bit, cost }] of choices.entries()) forks[n]!.take(i, bit, cost);
      paths = forks;
    }
    return paths
      .sort((a, b) => a.cost - b.cost)
      .map(({ input, cost }) => ({ bits: Uint8Array.from(this.#positions, (p) => input[p]!), cost }));
  }
}

/**
 * One list entry. Both arrays hold a block of each size at that size's offset: the block of `size` values that is being decoded lies
 * at `size … 2·size − 1`.
 */
class Path {
  cost = 0;
  /** Soft values of the current block of every size. */
  readonly soft: Float64Array;
  /** Coded bits of the left half, where the current block of that size is a right half. */
  readonly left: Uint8Array;
  /** Decided input of the transform. */
  readonly input: Uint8Array;

  constructor(soft: Float64Array, left: Uint8Array, input: Uint8Array) {
    this.soft = soft;
    this.left = left;
    this.input = input;
  }

  fork(): Path {
    return new Path(this.soft.slice(), this.left.slice(), this.input.slice());
  }

  /** What is known of input `i`, all before it decided: halves are combined from the largest block that changed down to one value. */
  softAt(i: number): number {
    const { soft, left } = this;
    const changed = i === 0 ? this.input.length : (i & -i) * 2; // the smallest block that holds i and i − 1
    for (let size = changed / 2; size >= 1; size /= 2) {
      const right = (i & size) !== 0;
      for (let k = 0; k < size; k++) {
        const a = soft[2 * size + k]!;
        const b = soft[3 * size + k]!;
        soft[size + k] = right
          ? left[size + k]! === 0
            ? b + a
            : b - a
          : Math.sign(a) * Math.sign(b) * Math.min(Math.abs(a), Math.abs(b));
      }
    }
    return soft[1]!;
  }

  /** Decides input `i`, and keeps the coded bits of the largest left half that this completes. */
  take(i: number, bit: number, cost: number): void {
    const { left } = this;
    this.input[i] = bit;
    this.cost = cost;
    let block = Uint8Array.of(bit);
    let size = 1;
    for (; (i & size) !== 0; size *= 2) {
      const whole = new Uint8Array(2 * size);
      for (let k = 0; k < size; k++) {
        whole[k] = left[size + k]! ^ block[k]!;
        whole[size + k] = block[k]!;
      }
      block = whole;
    }
    if (size < this.input.length) left.set(block, size);
  }
}
