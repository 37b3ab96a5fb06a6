/** Pairs of ids are keys of maps: exact as doubles, since ids are below 2²⁴. */
const pair = (left: number, right: number) => left * 2 ** 24 + right;

/**
 * Byte-pair encoding of one piece (Sennrich et al. 2016): while any two neighbours are a known pair, join the pair of lowest rank,
 * the leftmost first. A linked list and a heap keep it at O(n log n), since Llama's pieces are whole texts.
 */
export class MergeTable {
  /** pair → its rank; `#joined[rank]` is the id that it becomes. */
  readonly #ranks = new Map<number, number>();
  readonly #joined: number[] = [];

  /** `merges` in rank order, each [left id, right id, joined id], ids in [0, 2²⁴). */
  constructor(merges: Iterable<readonly [left: number, right: number, joined: number]>) {
    for (const [left, right, joined] of merges) {
      const key = pair(left, right);
      if (!this.#ranks.has(key)) this.#ranks.set(key, this.#joined.length);
      this.#joined.push(joined);
    }
  }

  /** The ids of a piece after all joins. Changes and returns `symbols`. */
  apply(symbols: number[]): number[] {
    const n = symbols.length;
    const next = Int32Array.from({ length: n }, (_, i) => (i + 1 < n ? i + 1 : -1));
    const previous = Int32Array.from({ length: n }, (_, i) => i - 1);
    // Heap keys are rank · n + place: lowest rank first, then the leftmost; doubles hold them exactly.
    const heap: number[] = [];
    const offer = (i: number) => {
      const rank = this.#ranks.get(pair(symbols[i]!, symbols[next[i]!]!));
      if (rank !== undefined) push(heap, rank * n + i);
    };
    for (let i = 0; i + 1 < n; i++) offer(i);
    while (heap.length > 0) {
      const key = pop(heap);
      const i = key % n;
      const rank = (key - i) / n;
      const j = next[i]!;
      if (symbols[i] === -1 || j === -1 || this.#ranks.get(pair(symbols[i]!, symbols[j]!)) !== rank) continue; // out of date
      symbols[i] = this.#joined[rank]!;
      symbols[j] = -1;
      next[i] = next[j]!;
      if (next[i] !== -1) {
        previous[next[i]!] = i;
        offer(i);
      }
      if (previous[i] !== -1) offer(previous[i]!);
    }
    return symbols.filter((s) => s !== -1);
  }
}

function push(heap: number[], key: number): void {
  let i = heap.push(key) - 1;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (heap[parent]! <= key) break;
    heap[i] = heap[parent]!;
    i = parent;
  }
  heap[i] = key;
}

function pop(heap: number[]): number {
  const top = heap[0]!;
  const last = heap.pop()!;
  const n = heap.length;
  for (let i = 0; n > 0; ) {
    let child = 2 * i + 1;
    if (child + 1 < n && heap[child + 1]! < heap[child]!) child++;
    if (child >= n || heap[child]! >= last) {
      heap[i] = last;
      break;
    }
    heap[i] = heap[child]!;
    i = child;
  }
  return top;
}
