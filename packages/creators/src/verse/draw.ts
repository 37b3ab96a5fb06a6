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

/** Chooses among probabilities that sum to 1: an index. */
export type Chance = (probabilities: readonly number[], tokens: readonly number[], random: Random) => number;

const ordinary: Chance = (probabilities, _, random) => {
  let left = random();
  let i = 0;
  while (i < probabilities.length - 1 && (left -= probabilities[i]!) >= 0) i++;
  return i;
};

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
  chance: Chance = ordinary,
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
  const kin = weighed.slice(0, kept);
  const shares = kin.map(({ weight }) => weight / mass);
  const ids = kin.map((one) => one.token);
  const token = ids[chance(shares, ids, random)]!;
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
