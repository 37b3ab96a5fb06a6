/** Offsets of a sentence, white space around it not included. */
export interface Range {
  readonly start: number;
  readonly end: number;
}
const longest = 400;

/**
 * A text as sentences, so that long speech shows progress and can be stopped. A sentence ends after 。！？!?; or a full
 * stop before white space, or at a line end; one without an end is cut after 400 code units at the last space.
 */
export function sentenceRanges(text: string): Range[] {
  const out: Range[] = [];
  let at = 0;
  for (const rough of text.split(/(?<=[。！？!?；;\n][”’」』）)"]*)(?![。！？!?；;”’」』）)"])|(?<=\.)(?=\s)/)) {
    for (let start = at, rest = rough; rest.trim() !== ""; ) {
      const lead = rest.length - rest.trimStart().length;
      rest = rest.slice(lead);
      start += lead;
      const space = rest.lastIndexOf(" ", longest);
      const cut = rest.trimEnd().length <= longest ? rest.length : space > 100 ? space : longest;
      out.push({ start, end: start + rest.slice(0, cut).trimEnd().length });
      start += cut;
      rest = rest.slice(cut);
    }
    at += rough.length;
  }
  return out;
}

export const sentencesOf = (text: string): readonly string[] =>
  sentenceRanges(text).map(({ start, end }) => text.slice(start, end));
