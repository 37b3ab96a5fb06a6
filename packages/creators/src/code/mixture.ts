import type { Follower } from "./cache.ts";

/** How much a level's counts weigh against what is known without them: Witten-Bell's distinct followers, times this, for each length of context. */
export interface Trust {
  /** Above 1: counts of short contexts weigh less. */
  readonly short: number;
  readonly long: number;
  /** Contexts of so many tokens and more are long. */
  readonly from: number;
}

/**
 * Mixes what followed a context elsewhere into the probabilities of the next token, from the shortest context to the longest: at each length n
 * p_n(t) = (count_n(t) + θ·p_{n-1}(t)) / (count_n + θ), θ = trust · followers_n that differ (Witten & Bell 1991, with the model at the bottom in
 * the place of the uniform). Sums to what `p` summed to. Changes `p`.
 */
export function mixIn(p: Float32Array, followers: readonly Follower[], least: number, most: number, trust: Trust): void {
  if (followers.length === 0) return;
  // p = share · model + extra
  let share = 1;
  const extra = new Map<number, number>();
  let left = followers;
  for (let n = least; n <= most && left.length > 0; n++) {
    if (n > least) left = left.filter(({ matched }) => matched >= n);
    if (left.length === 0) break;
    const counts = new Map<number, number>();
    for (const { token } of left) counts.set(token, (counts.get(token) ?? 0) + 1);
    const theta = (n >= trust.from ? trust.long : trust.short) * counts.size;
    const keep = theta / (left.length + theta);
    share *= keep;
    for (const [token, value] of extra) extra.set(token, value * keep);
    for (const [token, count] of counts) extra.set(token, (extra.get(token) ?? 0) + count / (left.length + theta));
  }
  const total = p.reduce((sum, x) => sum + x, 0);
  for (let token = 0; token < p.length; token++) p[token]! *= share;
  for (const [token, value] of extra) p[token]! += value * total;
}

/** Logits as probabilities, in place. */
export function softmax(logits: Float32Array): Float32Array {
  let top = Number.NEGATIVE_INFINITY;
  for (const x of logits) if (x > top) top = x;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += logits[i] = Math.exp(logits[i]! - top);
  for (let i = 0; i < logits.length; i++) logits[i]! /= sum;
  return logits;
}
