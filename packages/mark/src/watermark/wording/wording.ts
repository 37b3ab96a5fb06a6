import { blake3 } from "@noble/hashes/blake3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { type Slot, slotsOf } from "./slots.ts";

export const wordingMethod = "inkseal.wording.1";

/**
 * A mark for words that are there already: wherever one of two ways of saying the same can be chosen, the key chooses, by the words before. It
 * changes words, and holds as much as there are such places: about one in fifteen words.
 */
export function embedWording(text: string, key: Uint8Array): { readonly text: string; readonly places: number } {
  let out = "";
  let at = 0;
  const slots = slotsOf(text);
  for (const slot of slots) {
    out += text.slice(at, slot.from) + slot.choices[choiceOf(slot, key)];
    at = slot.to;
  }
  return { text: out + text.slice(at), places: slots.length };
}

export interface WordingFound {
  /** Probability, over keys, that as many places or more are as the key would have them. */
  readonly chance: number;
  readonly places: number;
  readonly agreeing: number;
}

/**
 * How far a text's choices are the key's. Over keys each choice is one of two with equal probability whatever its author likes, and places of one
 * name count once: so the number of agreeing ones is binomial.
 */
export function detectWording(text: string, key: Uint8Array): WordingFound {
  const seen = new Set<string>();
  let agreeing = 0;
  for (const slot of slotsOf(text)) {
    if (seen.has(slot.name)) continue;
    seen.add(slot.name);
    if (choiceOf(slot, key) === slot.chosen) agreeing++;
  }
  return { chance: tail(seen.size, agreeing), places: seen.size, agreeing };
}

const choiceOf = ({ name }: Slot, key: Uint8Array): 0 | 1 =>
  (blake3(utf8ToBytes(`${wordingMethod} ${name}`), { key, dkLen: 1 })[0]! & 1) as 0 | 1;

/** P(at least k of n fair coins fall heads). */
function tail(n: number, k: number): number {
  let log = -n * Math.LN2; // of n over j, halved n times, j = n down to k
  let sum = 0;
  for (let j = n; j >= k; j--) {
    sum += Math.exp(log);
    log += Math.log(j / (n - j + 1));
  }
  return Math.min(1, sum);
}
