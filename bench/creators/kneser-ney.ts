/** Interpolated modified Kneser-Ney smoothing (Chen & Goodman 1999), as strong as n-gram models get. */

/** Open addressing over hashes of n-grams: of 53 bits, so that two n-grams under one key are as good as impossible. */
class Table {
  keys: Float64Array;
  readonly values: Uint32Array[];
  size = 0;
  constructor(columns: number, room = 1 << 16) {
    this.keys = new Float64Array(room).fill(-1);
    this.values = Array.from({ length: columns }, () => new Uint32Array(room));
  }
  /** The slot of a key, which is made when it is not there and `make` is set; -1 otherwise. */
  slot(key: number, make: boolean): number {
    if (make && this.size * 3 > this.keys.length * 2) this.#grow();
    const mask = this.keys.length - 1;
    let at = Math.imul(key % 0x7fffffff, 0x9e3779b1) >>> 0;
    for (at = (at ^ (at >>> 15)) & mask; this.keys[at] !== -1; at = (at + 1) & mask) if (this.keys[at] === key) return at;
    if (!make) return -1;
    this.keys[at] = key;
    this.size++;
    return at;
  }
  #grow(): void {
    const { keys, values } = this;
    const old = values.map((column) => column);
    this.keys = new Float64Array(keys.length * 2).fill(-1);
    old.forEach((column, c) => {
      values[c] = new Uint32Array(column.length * 2);
    });
    this.size = 0;
    for (let i = 0; i < keys.length; i++) {
      if (keys[i] === -1) continue;
      const at = this.slot(keys[i]!, true);
      old.forEach((column, c) => {
        values[c]![at] = column[i]!;
      });
    }
  }
}

/** 53 bits of the tokens from `start` to `end`. */
function hash(tokens: ArrayLike<number>, start: number, end: number): number {
  let a = 0x811c9dc5;
  let b = 0x2545f491;
  for (let i = start; i < end; i++) {
    a = Math.imul(a ^ (tokens[i]! + 1), 0x01000193);
    a ^= a >>> 13;
    b = Math.imul(b + tokens[i]! + 1, 0x85ebca6b);
    b ^= b >>> 16;
  }
  return (a >>> 0) * 0x20_0000 + ((b >>> 0) & 0x1f_ffff);
}

interface Order {
  /** Counts of n-grams (below the highest order: how many different tokens stand before), and where one begins. */
  readonly grams: Table;
  /** Of each history: sum of counts, and how many have 1, 2, and more. */
  readonly histories: Table;
  readonly discounts: readonly [number, number, number];
}

export class KneserNey {
  readonly #orders: Order[] = [];
  readonly #vocab: number;

  constructor(tokens: Uint16Array, order: number, vocab: number) {
    this.#vocab = vocab;
    let above: Table | undefined;
    for (let n = order; n >= 1; n--) {
      const grams = new Table(2);
      const add = (start: number): void => {
        const at = grams.slot(hash(tokens, start, start + n), true);
        if (grams.values[0]![at]!++ === 0) grams.values[1]![at] = start;
      };
      if (above === undefined) for (let i = 0; i + n <= tokens.length; i++) add(i);
      else for (let i = 0; i < above.keys.length; i++) if (above.keys[i] !== -1) add(above.values[1]![i]! + 1);
      this.#orders[n] = { grams, histories: historiesOf(tokens, grams, n), discounts: discountsOf(grams) };
      above = grams;
    }
  }

  /** How likely `tokens[at]` is after the tokens before it, of which none before `start` counts. */
  probability(tokens: ArrayLike<number>, at: number, start: number): number {
    let p = 1 / this.#vocab;
    for (let n = 1; n < this.#orders.length && at - n + 1 >= start; n++) {
      const { grams, histories, discounts } = this.#orders[n]!;
      const history = histories.slot(hash(tokens, at - n + 1, at), false);
      if (history < 0) break;
      const [sum, one, two, more] = histories.values.map((column) => column[history]!) as [number, number, number, number];
      const gram = grams.slot(hash(tokens, at - n + 1, at + 1), false);
      const count = gram < 0 ? 0 : grams.values[0]![gram]!;
      const own = count === 0 ? 0 : Math.max(0, count - discounts[Math.min(count, 3) - 1]!);
      p = (own + (discounts[0] * one + discounts[1] * two + discounts[2] * more) * p) / sum;
    }
    return p;
  }
}

function historiesOf(tokens: Uint16Array, grams: Table, n: number): Table {
  const histories = new Table(4);
  for (let i = 0; i < grams.keys.length; i++) {
    if (grams.keys[i] === -1) continue;
    const start = grams.values[1]![i]!;
    const count = grams.values[0]![i]!;
    const at = histories.slot(hash(tokens, start, start + n - 1), true);
    histories.values[0]![at]! += count;
    histories.values[Math.min(count, 3)]![at]!++;
  }
  return histories;
}

function discountsOf({ keys, values }: Table): [number, number, number] {
  const n = [0, 0, 0, 0, 0];
  for (let i = 0; i < keys.length; i++) if (keys[i] !== -1 && values[0]![i]! <= 4) n[values[0]![i]!]!++;
  if (n.slice(1).includes(0)) return [0.5, 1, 1.5]; // too little text to tell
  const y = n[1]! / (n[1]! + 2 * n[2]!);
  return [1 - 2 * y * (n[2]! / n[1]!), 2 - 3 * y * (n[3]! / n[2]!), 3 - 4 * y * (n[4]! / n[3]!)];
}
