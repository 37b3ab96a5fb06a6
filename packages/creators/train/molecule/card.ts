import type { GptConfig } from "@inkseal/lab";
import type { ControlError, Sampled } from "./measure.ts";

export interface CardFacts {
  readonly model: GptConfig;
  readonly parameters: number;
  readonly bytes: number;
  readonly digest: string;
  readonly counts: Readonly<Record<string, { readonly lines: number; readonly kept: number }>>;
  readonly taught: number;
  readonly held: number;
  readonly recipe: object & { readonly seed: number; readonly steps: number };
  readonly log: readonly { readonly step: number; readonly loss: number; readonly seconds: number }[];
  readonly raw: Sampled;
  readonly under: Sampled;
  readonly control: readonly ControlError[];
  readonly machine: string;
}

const n = (x: number, digits = 3): string => x.toFixed(digits);
/** What each set is; they came in packages under Apache-2.0 and MIT. */
const licences: Readonly<Record<string, string>> = {
  ZINC: "a sample of ZINC's drug-like molecules",
  ChEMBL: "ChEMBL, those with measured activities; CC BY-SA 3.0",
  MUV: "MUV, from PubChem's assays",
  HIV: "the antiviral screen of the NCI's Developmental Therapeutics Program",
  QM9: "QM9 (Ramakrishnan et al. 2014): up to nine heavy atoms of C, N, O, F",
};

/** The model card, from what was measured. */
export function moleculeCard(f: CardFacts): string {
  const { model, log, raw, under } = f;
  return `# inkseal-molecule

A Transformer of ${(f.parameters / 1e6).toFixed(2)} M parameters that writes molecules as SMILES in Kekulé form, an atom a token, behind what is asked of them: kind, molar mass, logP, QED.
int8, ${(f.bytes / 2 ** 20).toFixed(2)} MiB. **Research only / 仅供研究**: nobody has made or tested what it draws.

## What it is good at, and bad at

Valid molecules by construction: under its writer (\`src/molecule/writing.ts\`) every text is one, also on a scaffold, which every molecule then contains. Near a wished mass, logP or QED on average, not each time. It is small and learnt for
minutes: rings of odd sizes and unlikely neighbours occur, far more than in what chemists make. It knows no stereochemistry, charges (but nitro groups and N-oxides), salts or metals, nothing
of activity, toxicity or how to make a thing. Dangerous classes were left out of its data, and are dropped from its answers.

## Data

| source | lines read | kept | what |
| --- | --- | --- | --- |
${Object.entries(f.counts)
  .map(([name, { lines, kept }]) => `| ${name} | ${lines} | ${kept} | ${licences[name] ?? ""} |`)
  .join("\n")}

The files came in packages under Apache-2.0 and MIT; the sets themselves are open (Creative Commons, or public). The largest part of salts, without the charges that a proton makes and without stereo marks, at most 72 tokens, each molecule once; atoms that fewer than 1 in 2,000 have and dangerous classes left out.
${f.taught} molecules were learnt from, ${f.held} held out. SHA-256 of the files in order: \`${f.digest}\`. \`known.bloom\` is a Bloom filter of what was learnt from.

## Recipe

\`npm run train -- molecule\`, seed ${f.recipe.seed}, ${f.machine}, ${Math.round((log.at(-1)?.seconds ?? 0) / 60)} minutes on one core shared with other work.
${model.layers} layers of width ${model.width}, ${model.heads} heads, ${f.model.vocab} tokens.

\`\`\`json
${JSON.stringify(f.recipe)}
\`\`\`

| step | ${log.map(({ step }) => step).join(" | ")} |
| --- | ${log.map(() => "---").join(" | ")} |
| held-out nats a token | ${log.map(({ loss }) => n(loss)).join(" | ")} |

## Measured

RDKit judges; definitions of MOSES (Polykovskiy et al. 2020), whose CharRNN has .975 / .999 / .842 after 1.6 M molecules and 80 epochs. Drug-like, temperature 1, no wish. \`npm run bench -- creators --only=molecule_valid\` measures it again.

| | texts | valid | unique@1k | unique of all | novel |
| --- | --- | --- | --- | --- | --- |
| the model alone | ${raw.texts} | ${n(raw.valid)} | ${n(raw.unique1k)} | ${n(raw.unique)} | ${n(raw.novel)} |
| under its writer | ${under.texts} | ${n(under.valid, 4)} | ${n(under.unique1k)} | ${n(under.unique)} | ${n(under.novel)} |

How far from what was asked (mean absolute error over ${f.control[0]?.asked.length ?? 0} asked values each):

| | asked | one molecule | nearest of four, as delivered | nothing asked |
| --- | --- | --- | --- | --- |
${f.control.map((c) => `| ${c.property} | ${c.asked.join(", ")} | ${n(c.error, 2)} | ${n(c.ofFour, 2)} | ${n(c.unasked, 2)} |`).join("\n")}

QED is Bickerton et al.'s (2012) with our own list of unwanted groups: on 300 molecules each of ZINC and ChEMBL it differs from RDKit's by 0.007 and 0.009 on average.
`;
}
