import { InksealError } from "@inkseal/core";
import type { Random } from "../weights.ts";

/** The four words of a generator's state: JSON-able, enough to go on bit-exactly. */
export type RandomState = readonly [number, number, number, number];

/** A generator that can be stopped and taken up again. Calling it draws a float in [0, 1) with 32 random bits. */
export interface SeededRandom extends Random {
  /** The next 32 bits, an integer in [0, 2³²). */
  bits(): number;
  /** A whole number in [0, limit), without bias; `limit` in [1, 2³²]. */
  below(limit: number): number;
  state(): RandomState;
  /** Throws `bad-request` when it is no state. */
  restore(state: RandomState): void;
}

const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by));

/**
 * xoshiro128** 1.1 (Blackman & Vigna 2018): period 2¹²⁸ − 1, not for secrets.
 * `seed`: an integer in [0, 2⁵³), spread over the state by SplitMix32, or a state to go on from.
 */
export function seededRandom(seed: number | RandomState): SeededRandom {
  const s = new Uint32Array(4);

  function bits(): number {
    const [s0, s1, s2, s3] = s as unknown as RandomState;
    const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0;
    s[2] = s2 ^ s0;
    s[3] = s3 ^ s1;
    s[1] = s1 ^ s[2]!;
    s[0] = s0 ^ s[3]!;
    s[2]! ^= s1 << 9;
    s[3] = rotate(s[3]!, 11);
    return result;
  }

  function below(limit: number): number {
    if (!Number.isInteger(limit) || limit < 1 || limit > 2 ** 32)
      throw new InksealError("bad-request", `a random limit must be a whole number from 1 to 2^32, not ${limit}`);
    // Draws above the last whole multiple of `limit` are thrown away: they would favour the small numbers.
    const fair = 2 ** 32 - (2 ** 32 % limit);
    for (;;) {
      const draw = bits();
      if (draw < fair) return draw % limit;
    }
  }

  function restore(state: RandomState): void {
    const words =
      Array.isArray(state) && state.length === 4 && state.every((w) => Number.isInteger(w) && w >= 0 && w < 2 ** 32);
    if (!words || state.every((w) => w === 0)) throw new InksealError("bad-request", "this is no state of a random generator");
    s.set(state);
  }

  if (typeof seed === "number") s.set(spread(seed));
  else restore(seed);
  return Object.assign(() => bits() / 2 ** 32, { bits, below, restore, state: () => [...s] as unknown as RandomState });
}

/** SplitMix32 (its mixer is MurmurHash3's) over both halves of the seed: near seeds give far states. */
function spread(seed: number): number[] {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new InksealError("bad-request", `a seed must be a whole number from 0 to 2^53 - 1, not ${seed}`);
  let z = (seed >>> 0) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b);
  return Array.from({ length: 4 }, () => {
    z = (z + 0x9e3779b9) | 0;
    let t = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
    return (t ^ (t >>> 15)) >>> 0;
  });
}
