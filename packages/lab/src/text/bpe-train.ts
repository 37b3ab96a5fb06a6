import { byteAlphabet } from "./byte-alphabet.ts";

const base = 2 ** 24;

interface Pair {
  readonly left: number;
  readonly right: number;
  count: number;
  /** Places of its left symbol, some of them perhaps out of date. */
  readonly places: number[];
}

/**
 * Learns byte-pair merges (Sennrich et al. 2016) as Hugging Face's trainer does: always the most frequent pair, of equals the one with
 * the smaller ids. Counts are kept up to date around each merge instead of counted anew, so a merge costs only its own occurrences.
 * `pieces`: piece, spelled in the byte alphabet → how often it occurs. `vocab`: ids wanted, at least 256; fewer come out when
 * no pair is left. Returns spellings by id (the alphabet first) and merges in rank order.
 */
export function trainMerges(pieces: ReadonlyMap<string, number>, vocab: number) {
  const spellings: string[] = [...byteAlphabet];
  const ids = new Map(spellings.map((s, id) => [s, id]));
  const merges: [left: string, right: string][] = [];

  // All pieces in one row of symbols, linked; -1 ends a piece and marks a joined symbol's second place.
  const total = [...pieces.keys()].reduce((sum, piece) => sum + piece.length, 0);
  const symbol = new Int32Array(total);
  const next = new Int32Array(total).fill(-1);
  const previous = new Int32Array(total).fill(-1);
  const weight = new Float64Array(total);
  let at = 0;
  for (const [piece, count] of pieces) {
    for (let i = 0; i < piece.length; i++, at++) {
      symbol[at] = ids.get(piece[i]!)!;
      weight[at] = count;
      if (i > 0) {
        previous[at] = at - 1;
        next[at - 1] = at;
      }
    }
  }

  const pairs = new Map<number, Pair>();
  const fresh = new Set<Pair>();
  function gain(place: number): void {
    const left = symbol[place]!;
    const right = symbol[next[place]!]!;
    let pair = pairs.get(left * base + right);
    if (pair === undefined) pairs.set(left * base + right, (pair = { left, right, count: 0, places: [] }));
    pair.count += weight[place]!;
    pair.places.push(place);
    fresh.add(pair);
  }
  function lose(place: number): void {
    const pair = pairs.get(symbol[place]! * base + symbol[next[place]!]!);
    if (pair !== undefined) pair.count -= weight[place]!;
  }

  const queue = new PairQueue();
  for (let place = 0; place < total; place++) if (next[place] !== -1) gain(place);
  for (;;) {
    for (const pair of fresh) queue.push(pair, pair.count);
    fresh.clear();
    const best = spellings.length < vocab ? queue.pop() : undefined;
    if (best === undefined) return { spellings, merges };

    const spelling = spellings[best.left]! + spellings[best.right]!;
    merges.push([spellings[best.left]!, spellings[best.right]!]);
    let joined = ids.get(spelling); // two merges may spell the same token: ab·c and a·bc
    if (joined === undefined) {
      joined = spellings.push(spelling) - 1;
      ids.set(spelling, joined);
    }
    pairs.delete(best.left * base + best.right);
    // From left to right, so that aaa becomes (aa)a; only a spelling reached twice can have left the places unsorted.
    for (const place of best.places.sort((a, b) => a - b)) {
      const second = next[place]!;
      if (symbol[place] !== best.left || second === -1 || symbol[second] !== best.right) continue;
      const before = previous[place]!;
      const after = next[second]!;
      if (before !== -1) lose(before);
      if (after !== -1) lose(second);
      symbol[place] = joined;
      symbol[second] = -1;
      next[place] = after;
      if (after !== -1) {
        previous[after] = place;
        gain(place);
      }
      if (before !== -1) gain(before);
    }
  }
}

/** A heap of pairs under the count that each had when it came in; counts that have sunk since are noticed when they come up. */
class PairQueue {
  readonly #heap: { pair: Pair; count: number }[] = [];

  push(pair: Pair, count: number): void {
    const heap = this.#heap;
    const entry = { pair, count };
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }

  /** The most frequent pair; none when no pair occurs any more. */
  pop(): Pair | undefined {
    for (let top = this.#take(); top !== undefined; top = this.#take()) {
      if (top.count === top.pair.count && top.count > 0) {
        top.pair.count = 0; // a second entry of the same pair is void
        return top.pair;
      }
      if (top.pair.count > 0) this.push(top.pair, top.pair.count);
    }
    return undefined;
  }

  #take() {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    const n = heap.length;
    for (let i = 0; n > 0; ) {
      let child = 2 * i + 1;
      if (child + 1 < n && before(heap[child + 1]!, heap[child]!)) child++;
      if (child >= n || !before(heap[child]!, last!)) {
        heap[i] = last!;
        break;
      }
      heap[i] = heap[child]!;
      i = child;
    }
    return top;
  }
}

function before(a: { pair: Pair; count: number }, b: { pair: Pair; count: number }): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.pair.left !== b.pair.left ? a.pair.left < b.pair.left : a.pair.right < b.pair.right;
}
