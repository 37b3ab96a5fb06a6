/**
 * A text as sentences, so that long speech shows progress and can be stopped. A sentence ends after 。！？!?; or a full
 * stop before white space, or at a line end; one without an end is cut after 400 code units at the last space.
 */
export function sentencesOf(text: string): readonly string[] {
  const out: string[] = [];
  for (const rough of text.split(/(?<=[。！？!?；;\n])|(?<=\.)(?=\s)/)) {
    let rest = rough.trim();
    while (rest.length > 400) {
      const space = rest.lastIndexOf(" ", 400);
      const cut = space > 100 ? space : 400;
      out.push(rest.slice(0, cut).trim());
      rest = rest.slice(cut).trim();
    }
    if (rest !== "") out.push(rest);
  }
  return out;
}
