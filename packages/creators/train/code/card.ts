import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import type { DataNote } from "./data-note.ts";

/** A line of the training's log. */
interface LogLine {
  readonly type: string;
  readonly step?: number;
  readonly loss?: number;
  readonly tokensPerSecond?: number;
  readonly joules?: number;
  readonly parameters?: number;
  readonly seconds: number;
}

export interface Measured {
  /** Nats a token on held-out packages, in f32 and in the 8 bits that are shipped. */
  readonly loss: { readonly whole: number; readonly shipped: number };
  readonly characters: number;
  readonly exact: readonly (readonly [what: string, share: number])[];
  readonly lines: number;
  /** Longest run of characters that generated code shares with what was learnt. */
  readonly copied: { readonly longest: number; readonly median: number; readonly texts: number; readonly example: string };
}
export interface Card {
  readonly data: DataNote;
  readonly log: string;
  readonly recipe: Readonly<Record<string, number | string>>;
  readonly measured: Measured;
}

/** The model card, all of it out of what the training wrote down and measured. */
export function cardOf({ data, log, recipe, measured }: Card): string {
  const lines = readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as LogLine);
  const evaluations = lines.filter(({ type }) => type === "evaluation");
  const start = lines.find(({ type }) => type === "start");
  const learnt = data.packages.filter(({ held }) => !held);
  const held = data.packages.filter((p) => p.held);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const millions = (list: DataNote["packages"]) => `${(list.reduce((sum, p) => sum + p.characters, 0) / 1e6).toFixed(1)} M`;
  const licences = [...new Set(learnt.map(({ licence }) => licence))].sort().join(", ");
  // a training that was stopped and went on logs its seconds anew
  const seconds = lines.reduce((sum, line, i) => ((lines[i + 1]?.seconds ?? -1) < line.seconds ? sum + line.seconds : sum), 0);
  return `# inkseal-code

Completes a line of TypeScript or JavaScript (several lines by wish). A GPT of ${((start?.parameters ?? 0) / 1e6).toFixed(2)} M parameters over ${data.vocab} byte-pair tokens, shipped in 8 bits, mixed token by
token with an n-gram cache of the user's own project. This card is written by \`npm run train -- code\`.

## Good and bad at
Good: idioms, imports, closing what was opened, repeating with small changes what the file or the project does elsewhere.
Bad: anything that takes understanding. It sees ${"256"} tokens (some 900 characters), knows no types, and a name that it has not seen it spells by guess. Other languages than
TypeScript and JavaScript, prose and chat are refused. What it writes can be wrong, insecure or both: read it.

## Data
${learnt.length} npm packages (${millions(learnt)} characters) as installed by this repository's package-lock.json; ${held.length} further packages (${millions(held)}) held out: ${held.map(({ name }) => name).join(", ")}; figures are taken on those by which nothing was set (split.ts).
TypeScript sources and TypeScript out of source maps; JavaScript of packages without TypeScript. Left out: minified, generated and copied files, licence headers, lines
that look like a key or password. Licences: ${licences}. Every package with its version and licence: packages.txt.
SHA-256 of the data: ${data.digest}. While packages.txt lies beside the weights, training takes those packages only, so the digest comes out the same with any
package-lock.json that still has these versions. This repository's own code was not learnt.

## Training
${Object.entries(recipe)
  .map(([name, value]) => `${name} ${value}`)
  .join(", ")}.
${(seconds / 60).toFixed(0)} minutes on one core of ${cpus()[0]?.model.trim()} that others used too.

| step | held-out loss (nats a token) |
| ---: | ---: |
${evaluations.map(({ step, loss }) => `| ${step} | ${loss!.toFixed(3)} |`).join("\n")}

## Measured
On the held-out packages, by this script (\`npm run bench -- creators --only=code_exact\` measures again, other lines included):
${measured.loss.whole.toFixed(3)} nats a token, ${measured.loss.shipped.toFixed(3)} in 8 bits; ${(measured.loss.shipped / measured.characters / Math.LN2).toFixed(2)} bits a character.

Rest of the line said exactly, from a random place in each of ${measured.lines} random lines (no comments, 3 characters or more to say):

| | exact |
| --- | ---: |
${measured.exact.map(([what, share]) => `| ${what} | ${percent(share)} |`).join("\n")}

## Copying
Longest run of characters that is also in the data, of ${measured.copied.texts} texts of up to 20 lines written without a project: ${measured.copied.longest} (median ${measured.copied.median}):

\`\`\`ts
${measured.copied.example.trim()}
\`\`\`
`;
}
