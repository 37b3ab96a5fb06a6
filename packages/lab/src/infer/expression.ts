/** First and last code point, both included. */
export type Range = readonly [first: number, last: number];

/** What regular expressions and grammars are written in: one tree for both; only a grammar has `rule`. */
export type Expression =
  | { readonly kind: "set"; readonly ranges: readonly Range[] }
  | { readonly kind: "sequence"; readonly parts: readonly Expression[] }
  | { readonly kind: "choice"; readonly parts: readonly Expression[] }
  | { readonly kind: "repeat"; readonly part: Expression; readonly least: number; readonly most: number }
  | { readonly kind: "rule"; readonly name: string };

export const lastCodePoint = 0x10ffff;
export const anyCharacter: readonly Range[] = [[0, lastCodePoint]];

/** Sorted, without overlaps. */
export function union(ranges: readonly Range[]): Range[] {
  const out: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = out.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else out.push([first, last]);
  }
  return out;
}

/** Every code point that is in none of them. */
export function complement(ranges: readonly Range[]): Range[] {
  const out: Range[] = [];
  let from = 0;
  for (const [first, last] of union(ranges)) {
    if (first > from) out.push([from, first - 1]);
    from = last + 1;
  }
  if (from <= lastCodePoint) out.push([from, lastCodePoint]);
  return out;
}

/**
 * A range of code points as runs of byte ranges: a text's UTF-8 matches one of the runs exactly when its character is in the range.
 * Surrogates have no UTF-8 and are left out. After Russ Cox, "Regular Expression Matching in the Wild" (2010).
 */
export function utf8Runs([first, last]: Range): Range[][] {
  if (first > last) return [];
  if (first <= 0xdfff && last >= 0xd800) return [...utf8Runs([first, 0xd7ff]), ...utf8Runs([0xe000, last])].filter(nonEmpty);
  for (const edge of [0x7f, 0x7ff, 0xffff])
    if (first <= edge && last > edge) return [...utf8Runs([first, edge]), ...utf8Runs([edge + 1, last])];
  if (last <= 0x7f) return [[[first, last]]];
  for (let bits = 6; bits <= 18; bits += 6) {
    const mask = 2 ** bits - 1;
    if ((first & ~mask) === (last & ~mask)) continue;
    if ((first & mask) !== 0) return [...utf8Runs([first, first | mask]), ...utf8Runs([(first | mask) + 1, last])];
    if ((last & mask) !== mask) return [...utf8Runs([first, (last & ~mask) - 1]), ...utf8Runs([last & ~mask, last])];
  }
  const [low, high] = [encode(first), encode(last)];
  return [low.map((byte, i): Range => [byte, high[i]!])];
}

const nonEmpty = (run: readonly Range[]): boolean => run.length > 0;
const encode = (codePoint: number): number[] => [...new TextEncoder().encode(String.fromCodePoint(codePoint))];
