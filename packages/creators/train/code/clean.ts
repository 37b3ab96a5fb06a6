/** A source as it is learnt: lines end in \n without blanks before it, no licence header, no source map, no line that may hold a secret. */
export function cleanSource(text: string): string {
  return text
    .replace(/^\ufeff/, "")
    .replace(/\r\n?/g, "\n")
    .replace(/^#!.*\n/, "")
    .replace(/^\s*(\/\*[\s\S]*?\*\/|(\/\/.*\n)+)/, (head) => (/licen[cs]e|copyright/i.test(head) ? "" : head))
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => !/^\/\/[#@] source(Mapping)?URL/.test(line) && !maybeSecret(line))
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim()
    .concat("\n");
}

const secrets =
  /-----BEGIN|\b(sk|pk|rk)[-_](live|test|ant|proj)?[-_]?[A-Za-z0-9]{16}|\bAKIA[0-9A-Z]{12}|\bgh[pousr]_[A-Za-z0-9]{20}|\bxox[abpr]-|\beyJ[A-Za-z0-9_-]{16,}\.|(passw(or)?d|secret|token|api_?key)["']?\s*[:=]\s*["'`][^"'`\s]{8,}["'`]/i;
/** A key or password by its look, or a long run of digits and letters of no word: nothing that a completion should ever say. */
export function maybeSecret(line: string): boolean {
  if (secrets.test(line)) return true;
  return (line.match(/[A-Za-z0-9+/=_-]{40,}/g) ?? []).some((run) => /\d/.test(run) && /[a-z]/.test(run) && /[A-Z]/.test(run));
}

/** Written by a person for people: not minified, not generated, not mostly a table or another script than Latin. */
export function isReadable(text: string): boolean {
  const head = text.slice(0, 2000);
  if (/@generated|do not (edit|modify)|auto-?generated|generated (by|from|file)/i.test(head)) return false;
  if (/__webpack_require__|__commonJS\(|__toESM\(|\b__esModule\b[\s\S]*\b__importDefault\b/.test(text)) return false;
  const lines = text.split("\n");
  const longest = lines.reduce((n, line) => Math.max(n, line.length), 0);
  if (longest > 500 || text.length / lines.length > 90 || text.length / lines.length < 8) return false;
  const letters = text.match(/[A-Za-z]/g)?.length ?? 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range
  const foreign = text.match(/[^\x00-\x7f]/g)?.length ?? 0;
  return letters > text.length * 0.4 && foreign < text.length * 0.01;
}
