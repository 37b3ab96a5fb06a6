/** May not begin a line, may not end one (JIS X 4051, and GB/T 15834 for Chinese marks). */
const notFirst = /^[\s，。、；：？！…—·）】》〉」』”’％,.;:?!)\]}%‰°々ーぁぃぅぇぉっゃゅょァィゥェォッャュョ]/u;
const notLast = /[（【《〈「『“‘([{]$/u;
const spaceless = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;

/** The pieces between which a line may be broken: words, with the marks that cling to them. White space belongs to the piece before it. */
export function unbreakable(text: string): string[] {
  const segmenter = new Intl.Segmenter("zh", { granularity: "word" });
  const pieces: string[] = [];
  for (const { segment } of segmenter.segment(text)) {
    const last = pieces.at(-1);
    const clings = last !== undefined && (notFirst.test(segment) || notLast.test(last) || joined(last, segment));
    if (clings) pieces[pieces.length - 1] = last + segment;
    else pieces.push(segment);
  }
  return pieces;
}

/** Scripts with spaces are broken only at them, after a hyphen or a dash. */
const joined = (before: string, after: string): boolean =>
  !/[\s\-–—/]$/.test(before) && !spaceless.test(before.slice(-1)) && !spaceless.test(after.slice(0, 1));

/** Columns of a terminal or a caption: a Han character takes two. */
export function columns(text: string): number {
  let n = 0;
  for (const c of text) n += /\p{M}/u.test(c) ? 0 : spaceless.test(c) || /[\u1100-\u11ff\uac00-\ud7af“”‘’…—]/u.test(c) ? 2 : 1;
  return n;
}

/**
 * The text in as few lines as hold it, as even as they can be, broken after a mark rather than between two words. A piece wider than a
 * line is cut where it must be.
 */
export function brokenLines(text: string, width: number, measure: (text: string) => number = columns): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split(/\n+/))
    if (paragraph.trim() !== "") lines.push(...brokenParagraph(paragraph.trim(), width, measure));
  return lines;
}

function brokenParagraph(text: string, width: number, measure: (text: string) => number): string[] {
  const pieces = unbreakable(text).flatMap((piece) =>
    measure(piece.trimEnd()) <= width ? [piece] : fitting(piece, width, measure),
  );
  const wide = (from: number, to: number): number => measure(pieces.slice(from, to).join("").trimEnd());
  // fewest lines first, then the least sum of squared room; a break after a mark is worth a sixth of a line
  const best: { lines: number; cost: number; from: number }[] = [{ lines: 0, cost: 0, from: 0 }];
  const least = Math.ceil(measure(text) / width);
  for (let to = 1; to <= pieces.length; to++) {
    let choice = { lines: Number.POSITIVE_INFINITY, cost: 0, from: to - 1 };
    for (let from = to - 1; from >= 0; from--) {
      const length = wide(from, to);
      if (length > width && from < to - 1) break;
      const before = best[from]!;
      const aim = Math.min(width, measure(text) / least);
      const marked = to === pieces.length || /[，。、；：？！,;:.?!—]\s*$/.test(pieces[to - 1]!);
      const cost = before.cost + (length - aim) ** 2 + (marked ? 0 : (width / 6) ** 2);
      const lines = before.lines + 1;
      if (lines < choice.lines || (lines === choice.lines && cost < choice.cost)) choice = { lines, cost, from };
    }
    best.push(choice);
  }
  const lines: string[] = [];
  for (let to = pieces.length; to > 0; to = best[to]!.from) lines.unshift(pieces.slice(best[to]!.from, to).join("").trim());
  return lines;
}

function fitting(piece: string, width: number, measure: (text: string) => number): string[] {
  const parts: string[] = [""];
  for (const c of piece) {
    if (parts.at(-1) !== "" && measure(parts.at(-1) + c) > width) parts.push("");
    parts[parts.length - 1] += c;
  }
  return parts;
}
