import { CharTokenizer, seededRandom } from "@inkseal/lab";
import { punctuation, structureTokens, unknownToken } from "../../src/verse/tokens.ts";
import type { Poem } from "./corpus.ts";
import { countPairs, coupletsOf, documentOf } from "./documents.ts";

export const seed = 20_451;
/** Characters rarer than this in the training part are unknown to the model. */
const rarest = 48;

export interface Source {
  readonly name: string;
  readonly weight: number;
  readonly train: readonly string[];
  readonly held: readonly string[];
}

/** Every document, by source. Tang verse and 词 are read more often than their share. */
export function sourcesOf(poems: readonly Poem[]): Source[] {
  const random = seededRandom(seed);
  const pairs = countPairs(poems.filter(({ held }) => !held));
  const shuffled = <T>(list: T[]): T[] => {
    for (let i = list.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [list[i], list[j]] = [list[j]!, list[i]!];
    }
    return list;
  };
  const source = (name: string, weight: number, of: (poem: Poem) => string[]): Source => {
    const documents = (held: boolean): string[] => shuffled(poems.filter((p) => p.held === held).flatMap(of));
    return { name, weight, train: documents(false), held: documents(true) };
  };
  const whole = (poem: Poem): string[] => [documentOf(poem, pairs, random)];
  return [
    source("tang", 0.22, (p) => (p.era === "唐" && p.form !== "词" ? whole(p) : [])),
    source("song", 0.48, (p) => (p.era === "宋" && p.form !== "词" ? whole(p) : [])),
    source("ci", 0.23, (p) => (p.form === "词" ? whole(p) : [])),
    source("couplets", 0.07, (p) => (p.form.endsWith("律") && random() < 0.5 ? coupletsOf(p) : [])),
  ];
}

/** Structure first, then the characters of the training part, the commonest first. */
export function alphabetOf(poems: readonly Poem[]): CharTokenizer {
  const counts = new Map<string, number>();
  for (const { body, title, tune = "", held } of poems)
    if (!held) for (const c of body + title + tune) counts.set(c, (counts.get(c) ?? 0) + 1);
  const common = [...counts].filter(([c, n]) => n >= rarest && /\p{Script=Han}/u.test(c)).sort((a, b) => b[1] - a[1]);
  return new CharTokenizer([...structureTokens, ...punctuation, ...common.map(([c]) => c)], unknownToken);
}
