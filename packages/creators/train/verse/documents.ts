import type { SeededRandom } from "@inkseal/lab";
import { rhymeBook } from "../../src/verse/books/rhyme-book.ts";
import {
  bodyToken,
  endToken,
  eraToken,
  formToken,
  partToken,
  rhymeToken,
  titleToken,
  wordsToken,
} from "../../src/verse/tokens.ts";
import type { Poem } from "./corpus.ts";

/** How often each pair of neighbours occurs in a place where verse has words: a line's first and third character, and the last two. */
export type Pairs = ReadonlyMap<string, number>;
export function countPairs(poems: readonly Poem[]): Pairs {
  const pairs = new Map<string, number>();
  for (const poem of poems) for (const pair of pairsOf(poem)) pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  return pairs;
}
function pairsOf({ body }: Poem): string[] {
  return body.split(/[，。、]/).flatMap((text) => {
    const line = [...text];
    const starts = new Set([0, 2, line.length - 2]);
    return [...starts].filter((i) => i >= 0 && i + 1 < line.length).map((i) => line[i]! + line[i + 1]!);
  });
}

/** The token of the rhyme: the level group of 平水韵 that all even lines share, or the part of 词林正韵 that most sentences of a 词 share. */
export function rhymeOf({ form, body }: Poem): string {
  const book = rhymeBook(form === "词" ? "词林正韵" : "平水韵");
  const ends = [...body.matchAll(/(.)。/gu)].map(([, c]) => c!);
  const votes = new Map<number, number>();
  for (const c of ends) {
    const groups = book.groupsOf(c).map((g) => (form === "词" ? partOf(book.groups[g]!.name) : g));
    for (const g of new Set(groups)) votes.set(g, (votes.get(g) ?? 0) + 1);
  }
  let best = -1;
  for (const [g, n] of votes) if (best < 0 || n > votes.get(best)!) best = g;
  const share = best < 0 ? 0 : votes.get(best)! / ends.length;
  if (form === "词") return share >= 0.6 ? partToken(best) : bodyToken;
  return share === 1 && best < 30 ? rhymeToken(best) : bodyToken;
}
const parts = [...new Set(rhymeBook("词林正韵").groups.map(({ name }) => name))];
const partOf = (name: string): number => parts.indexOf(name);

/** A poem as the model reads it. Half of them tell their title, half some words that occur in them. */
export function documentOf(poem: Poem, pairs: Pairs, random: SeededRandom): string {
  let head = formToken(poem.form) + eraToken(poem.era) + (poem.tune ?? "");
  if (poem.title !== "" && random() < 0.6) head += titleToken + poem.title;
  if (random() < 0.5) {
    const candidates = pairsOf(poem).filter((pair) => pairs.get(pair)! >= 40);
    const chosen = new Set<string>();
    for (let n = 1 + random.below(3); n > 0 && candidates.length > 0; n--)
      chosen.add(candidates[random.below(candidates.length)]!);
    if (chosen.size > 0) head += wordsToken + [...chosen].join("、");
  }
  return head + rhymeOf(poem) + poem.body + endToken;
}

/** The two middle couplets of a 律诗, which are parallel by rule. */
export function coupletsOf(poem: Poem): string[] {
  const lines = poem.body.split(/[，。]/);
  return [2, 4].map((i) => `${formToken("联")}${eraToken(poem.era)}${bodyToken}${lines[i]}，${lines[i + 1]}。${endToken}`);
}
