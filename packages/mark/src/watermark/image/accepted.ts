import { code } from "./code.ts";

/** Decodings that one picture can get under one key: one without a search, and this many with. */
export const tries = 12;

/** Natural logarithm of a bound on the probability that a picture without a mark of any of the `keys` reaches `score` with any payload. */
export const logFalseAlarm = (score: number, keys = 1): number =>
  8 * code.bytes * Math.LN2 + Math.log((tries + 1) * keys) - score ** 2 / 2;

/**
 * Scores from here on are accepted. One word exceeds `t` with a probability of at most `exp(−t²/2)` (`scoreOf`); by the union bound over 2^64
 * payloads, all decodings and all keys, an unmarked picture passes with a probability of at most 10^−9. What is searched before, pose and shift, is
 * chosen by beacons and sync lines alone, whose part of the key is independent of the payload's signs; so is the check that a payload gets.
 */
export const acceptedOf = (keys: number): number => Math.sqrt(2 * (logFalseAlarm(0, keys) + 9 * Math.LN10));
export const accepted = acceptedOf(1);
