import { aigcKeys } from "./field.ts";

const maxFront = 64 * 1024;

/** YAML front matter, fences included, and the rest; an empty front where there is none. */
export function splitFrontMatter(text: string): { readonly front: string; readonly body: string } {
  const match = /^\uFEFF?---[ \t]*\r?\n/.exec(text);
  if (match === null) return { front: "", body: text };
  const end = /^(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/gm;
  end.lastIndex = match[0].length;
  const close = end.exec(text.slice(0, maxFront));
  if (close === null) return { front: "", body: text };
  const at = close.index + close[0].length;
  return { front: text.slice(0, at), body: text.slice(at) };
}

/** What all keys of a front matter are indented by: the whole mapping may be. */
function indentOf(front: string): string {
  for (const line of front.split("\n").slice(1)) {
    const first = /^([ \t]*)[^\s#]/.exec(line);
    if (first !== null) return first[1] as string;
  }
  return "";
}

/** Lines of the `AIGC:` entry: the key's own line and those below it that are indented further. */
const entryAt = (indent: string): RegExp =>
  new RegExp(`^${indent}AIGC:[^\\n]*(?:\\n|$)(?:${indent}[ \\t]+[^\\n]*(?:\\n|$))*`, "gm");

/** The text with this field in its front matter, in place of any other; everything else is kept. */
export function withFrontMatterAigc(text: string, aigc: string): string {
  const { front, body } = splitFrontMatter(text);
  const field = JSON.parse(aigc) as Record<string, string>;
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  // JSON strings are YAML strings
  const indent = indentOf(front);
  const entry = ["AIGC:", ...aigcKeys.map((k) => `  ${k}: ${JSON.stringify(field[k])}`)];
  const lines = entry.map((line) => indent + line + newline).join("");
  if (front === "") return `---${newline}${lines}---${newline}${text.replace(/^\uFEFF/, "")}`;
  const fence = front.indexOf("\n") + 1;
  return front.slice(0, fence) + lines + front.slice(fence).replace(entryAt(indent), "") + body;
}

/** Every AIGC entry of a front matter as JSON text: block mappings and flow (JSON) values. */
export function frontMatterAigc(front: string): string[] {
  const indent = indentOf(front);
  return [...front.matchAll(entryAt(indent))].map(([block]) => {
    const [first, ...rest] = block.split(/\r?\n/);
    const inline = (first as string).slice(indent.length + 5).trim();
    if (inline !== "") return inline;
    const pairs = rest.flatMap((line) => {
      const match = /^\s+["']?(\w+)["']?:\s*(.*?)\s*$/.exec(line);
      return match === null ? [] : [[match[1] as string, scalar(match[2] as string)] as const];
    });
    return JSON.stringify(Object.fromEntries(pairs));
  });
}

/** A YAML scalar as a string; plain numbers are strings too, since the field knows no others. */
function scalar(text: string): string {
  if (/^'.*'$/.test(text)) return text.slice(1, -1).replaceAll("''", "'");
  if (!/^".*"$/.test(text)) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
}
