import type { Random } from "@inkseal/lab";

export interface Choice {
  readonly token: number;
  /** How likely the model held it, without any wish: nats. */
  readonly logProbability: number;
}

export interface Drawing {
  readonly temperature: number;
  readonly topP: number;
}

/**
 * Draws a token among those that may stand here: of them the likeliest that together hold `topP`. `logits` may have been changed by
 * wishes; `plain` were not.
 */
export function draw(
  plain: Float32Array,
  logits: Float32Array,
  tokens: readonly number[],
  { temperature, topP }: Drawing,
  random: Random,
): Choice {
  const logProbability = (token: number): number => plain[token]! - logSum(plain);
  const top = tokens.reduce((a, b) => (logits[b]! > logits[a]! ? b : a));
  if (temperature === 0 || tokens.length === 1) return { token: top, logProbability: logProbability(top) };
  const weighed: { readonly token: number; readonly weight: number }[] = [];
  let all = 0;
  for (const token of tokens) {
    const weight = Math.exp((logits[token]! - logits[top]!) / temperature);
    all += weight;
    if (weight > 1e-6) weighed.push({ token, weight }); // all the others together weigh too little to be drawn
  }
  weighed.sort((a, b) => b.weight - a.weight || a.token - b.token);
  let kept = 0;
  let mass = 0;
  while (kept < weighed.length && (kept === 0 || mass < topP * all)) mass += weighed[kept++]!.weight;
  let left = random() * mass;
  let i = 0;
  while (i < kept - 1 && (left -= weighed[i]!.weight) >= 0) i++;
  const { token } = weighed[i]!;
  return { token, logProbability: logProbability(token) };
}

/** log Σ exp. */
export function logSum(logits: Float32Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const x of logits) if (x > top) top = x;
  let sum = 0;
  for (const x of logits) sum += Math.exp(x - top);
  return top + Math.log(sum);
}
