import type { SeededRandom } from "@inkseal/lab";
import { rhymeBook } from "./books/rhyme-book.ts";
import { rhymeCount, type ToneWish } from "./forms/form.ts";
import type { Lexicon } from "./lexicon.ts";
import type { Piece } from "./piece.ts";
import { levelRhymes, partToken, rhymeToken } from "./tokens.ts";

/**
 * A rhyme for each class of the form, drawn by how likely the model holds it after the head of the poem, among those that `possible` allows.
 * Undefined when there is none.
 */
export function chooseRhymes(
  piece: Piece,
  logits: Float32Array,
  random: SeededRandom,
  possible: (rhymes: readonly number[]) => boolean,
): number[] | undefined {
  const count = rhymeCount(piece.form);
  if (count === 0) return possible([]) ? [] : undefined;
  const weights = rhymeWeights(piece.lexicon, logits);
  const classes = Array.from({ length: count }, (_, k) => candidatesOf(piece, k));
  for (let attempt = 0; attempt < 200; attempt++) {
    const rhymes: number[] = [];
    for (const [k, candidates] of classes.entries()) {
      const free = candidates.filter((r) => (k === 0 && piece.rhyme !== undefined ? r === piece.rhyme : !rhymes.includes(r)));
      const chosen = drawWeighted(free, weights, random);
      if (chosen !== undefined) rhymes.push(chosen);
    }
    if (rhymes.length === count && possible(rhymes)) return rhymes;
  }
  // luck did not find what fixed characters need: go through the first class in order
  for (const r of classes[0]!) {
    if (piece.rhyme !== undefined && r !== piece.rhyme) continue;
    const others = classes.slice(1).map((candidates) => candidates.find((other) => other !== r) ?? r);
    if (possible([r, ...others])) return [r, ...others];
  }
  return undefined;
}

/** Rhymes with words enough for every line of class `k`, in its tone. */
function candidatesOf({ form, lexicon }: Piece, k: number): number[] {
  const needs = new Map<ToneWish, number>();
  for (const line of form.metres[0].lines)
    if (line.rhyme === k) {
      const tone = line.tones[0]!.at(-1) as ToneWish;
      needs.set(tone, (needs.get(tone) ?? 0) + 1);
    }
  if (needs.size === 0) needs.set("平", 1); // only some metres rhyme there
  return lexicon.rhymes.flatMap((_, rhyme) =>
    [...needs].every(([tone, n]) => lexicon.count({ tone, rhyme }) >= n + 6) ? [rhyme] : [],
  );
}

function drawWeighted(from: readonly number[], weights: Float64Array, random: SeededRandom): number | undefined {
  let left = random() * from.reduce((sum, r) => sum + weights[r]!, 0);
  for (const r of from) if ((left -= weights[r]!) < 0) return r;
  return from.at(-1);
}

/** How likely each rhyme of the lexicon is. The model knows 平水韵's level groups and the parts of 词林正韵; 中华新韵 is told from the former. */
function rhymeWeights(lexicon: Lexicon, logits: Float32Array): Float64Array {
  const weights = new Float64Array(lexicon.rhymes.length);
  const likely = (token: string): number => Math.exp(Math.max(-30, logits[lexicon.token(token)]!));
  if (lexicon.rhymes[0]!.name.startsWith("第"))
    lexicon.rhymes.forEach((_, i) => {
      weights[i] = likely(partToken(i));
    });
  else if (lexicon.rhymes.length > 30) for (let i = 0; i < levelRhymes.length; i++) weights[i] = likely(rhymeToken(i));
  else {
    const { groups } = rhymeBook("平水韵");
    for (let i = 0; i < levelRhymes.length; i++) {
      const members = [...groups[i]!.characters];
      lexicon.rhymes.forEach(({ characters }, r) => {
        weights[r]! += (likely(rhymeToken(i)) * members.filter((c) => characters.has(c)).length) / members.length;
      });
    }
  }
  const floor = 1e-6 * weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w + floor);
}
