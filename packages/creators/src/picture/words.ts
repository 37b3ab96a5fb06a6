/**
 * The words that the model knows: English words without a plural s, Han characters and pairs of them. A prompt is the bag of those in it;
 * what it does not know is told, not guessed.
 */
export interface Read {
  /** Places in the vocabulary, each once. */
  readonly tokens: readonly number[];
  /** English words, and runs of Han characters, of which nothing is known. */
  readonly unknown: readonly string[];
}
/** Said of every picture or of none, so they tell nothing. */
const silent = new Set(
  "a an the of in on at with and or to for is are its it my your his her this that very some one please draw make create generate picture image icon emoji illustration drawing style show me i want like".split(
    " ",
  ),
);
const silentHan = /请|帮我|给我|画一?[幅张个只]?|生成|一[个只张幅条朵辆颗座本双把棵头匹]|图标|图片|图像|表情|风格|的/gu;

export class Words {
  readonly #places: ReadonlyMap<string, number>;
  readonly size: number;
  constructor(words: readonly string[]) {
    this.#places = new Map(words.map((word, i) => [word, i]));
    this.size = words.length;
  }
  read(text: string, most = 32): Read {
    const tokens = new Set<number>();
    const unknown: string[] = [];
    const lower = text.normalize("NFKC").toLowerCase();
    for (const [run] of lower.matchAll(/[a-z0-9]+|\p{Script=Han}+/gu)) {
      const pieces = piecesOf(run);
      const known = pieces.flatMap((piece) => this.#places.get(piece) ?? []);
      if (pieces.length > 0 && known.length === 0) unknown.push(run);
      for (const token of known) tokens.add(token);
    }
    return { tokens: [...tokens].slice(0, most), unknown };
  }
}
/** What a run of letters or of Han characters may be known by. */
export function piecesOf(run: string): string[] {
  if (/^[a-z0-9]/.test(run)) return silent.has(run) ? [] : [singular(run)];
  return run
    .replaceAll(silentHan, " ")
    .split(" ")
    .flatMap((part) => {
      const signs = [...part];
      return signs.flatMap((sign, i) => (i === 0 ? [sign] : [sign, signs[i - 1]! + sign]));
    });
}
const singular = (word: string): string =>
  word.length > 3 && word.endsWith("s") && !/(ss|us|is)$/.test(word) ? word.slice(0, -1) : word;

/** All pieces of names, those of Han pairs only when two names share them, the most frequent first. */
export function collectWords(names: Iterable<readonly string[]>): string[] {
  const counts = new Map<string, number>();
  for (const group of names) {
    const pieces = group.flatMap((name) =>
      [...name.toLowerCase().matchAll(/[a-z0-9]+|\p{Script=Han}+/gu)].flatMap(([run]) => piecesOf(run)),
    );
    for (const piece of new Set(pieces)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  return [...counts]
    .filter(([piece, count]) => count > 1 || /^[a-z0-9]|^.$/u.test(piece))
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([piece]) => piece);
}
