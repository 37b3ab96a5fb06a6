/** Tokens that may be drawn and their probabilities, index by index. */
export interface Candidates {
  readonly tokens: Uint32Array;
  /** Sums to 1. */
  readonly probabilities: Float32Array;
}

/** The `k` tokens of the highest logits (those of -∞ left out), likeliest first, ties by id. A heap: O(vocab · log k). */
export function largest(logits: Float32Array, k: number): Uint32Array {
  const heap = new Uint32Array(k); // its root is the one to go first
  let size = 0;
  for (let token = 0; token < logits.length; token++) {
    if (logits[token] === Number.NEGATIVE_INFINITY) continue;
    if (size < k) {
      let at = size++;
      for (let up = (at - 1) >> 1; at > 0 && likelier(logits, heap[up]!, token); up = (at - 1) >> 1) {
        heap[at] = heap[up]!;
        at = up;
      }
      heap[at] = token;
    } else if (likelier(logits, token, heap[0]!)) {
      let at = 0;
      for (;;) {
        let down = 2 * at + 1;
        if (down >= k) break;
        if (down + 1 < k && likelier(logits, heap[down]!, heap[down + 1]!)) down++;
        if (!likelier(logits, token, heap[down]!)) break;
        heap[at] = heap[down]!;
        at = down;
      }
      heap[at] = token;
    }
  }
  return heap.subarray(0, size).sort((a, b) => order(logits, a, b));
}

/** The shortest run of the likeliest tokens whose probabilities, among `tokens`, reach `mass`; at least one. */
export function whileMass(tokens: Uint32Array, logits: Float32Array, mass: number): Uint32Array {
  const weights = weightsOf(tokens, logits);
  // tokens below (1 - mass)/n hold less than 1 - mass together, so none of them is in the run: they need no sorting
  const least = (1 - mass) / tokens.length;
  const likely = tokens.filter((_, i) => weights[i]! >= least).sort((a, b) => order(logits, a, b));
  const byToken = new Map(Array.from(tokens, (t, i) => [t, weights[i]!]));
  return upTo(likely, (t) => byToken.get(t)!, mass);
}

/** Locally typical sampling: as `whileMass`, by how near a token's surprise is to the entropy of `tokens`. */
export function typical(tokens: Uint32Array, logits: Float32Array, mass: number): Uint32Array {
  const weights = weightsOf(tokens, logits);
  let entropy = 0;
  for (const w of weights) if (w > 0) entropy -= w * Math.log(w);
  const byToken = new Map(Array.from(tokens, (t, i) => [t, weights[i]!]));
  const far = (t: number): number => Math.abs(-Math.log(byToken.get(t)!) - entropy);
  const sorted = tokens.slice().sort((a, b) => far(a) - far(b) || a - b);
  return upTo(sorted, (t) => byToken.get(t)!, mass);
}

function upTo(sorted: Uint32Array, weight: (token: number) => number, mass: number): Uint32Array {
  let sum = 0;
  for (let i = 0; i < sorted.length; i++) if ((sum += weight(sorted[i]!)) >= mass) return sorted.subarray(0, i + 1);
  return sorted;
}

/** Probabilities at temperature 1, float64 so that sums of a large vocabulary hold. */
function weightsOf(tokens: Uint32Array, logits: Float32Array): Float64Array {
  let top = Number.NEGATIVE_INFINITY;
  for (const t of tokens) top = Math.max(top, logits[t]!);
  const weights = Float64Array.from(tokens, (t) => Math.exp(logits[t]! - top));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

const likelier = (logits: Float32Array, a: number, b: number): boolean => order(logits, a, b) < 0;
const order = (logits: Float32Array, a: number, b: number): number => logits[b]! - logits[a]! || a - b;
