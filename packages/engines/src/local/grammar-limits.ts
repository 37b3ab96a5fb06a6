import { InksealError } from "@inkseal/core";

/** Characters, parentheses within each other, and copies of a rule that repetitions make. */
const longest = 128 * 1024;
const deepest = 100;
const copies = 20_000;

/**
 * Refuses a caller's GBNF that would take llama.cpp's stack or memory, which are ours: it parses recursively and
 * writes out every repetition. Throws `bad-request`.
 */
export function checkGrammar(grammar: string): void {
  if (grammar.length > longest) throw refused(`it has ${grammar.length} characters of at most ${longest}`);
  const tokens =
    grammar.match(/"(?:[^"\\\n]|\\.)*"|\[(?:[^\]\\\n]|\\.)*\]|#[^\n]*|\{[\d,\s]*\}|::=|[()|]|[a-zA-Z0-9-]+|\./g) ?? [];
  // the weight of what was last read, and of each open group
  let last = 1;
  const open: number[] = [1];
  const add = (weight: number): void => {
    last = weight;
    open.push((open.pop() ?? 0) + weight);
  };
  for (const token of tokens) {
    if (token.startsWith("#")) continue;
    if (token === "(") {
      open.push(0);
      if (open.length > deepest) throw refused(`its groups are nested more than ${deepest} deep`);
    } else if (token === ")") {
      const group = open.length > 1 ? (open.pop() as number) : 1;
      add(Math.max(1, group));
    } else if (token.startsWith("{")) {
      const times = Math.max(1, ...token.slice(1, -1).split(",").map(Number));
      open.push((open.pop() ?? 0) - last + last * times);
      last *= times;
    } else if (token !== "|" && token !== "::=") add(1);
    if (open.some((weight) => weight > copies)) throw refused(`its repetitions make more than ${copies} copies`);
  }
}

const refused = (why: string): InksealError => new InksealError("bad-request", `grammar: ${why}`, { param: "grammar" });
