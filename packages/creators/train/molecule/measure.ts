/** What the molecule model is worth, by the definitions of MOSES (Polykovskiy et al. 2020), RDKit the judge. */
import { generate } from "@inkseal/lab";
import { controlTokens, prompt } from "../../src/molecule/conditions.ts";
import type { Molecule } from "../../src/molecule/formats.ts";
import type { MoleculeJob, PropertyName } from "../../src/molecule/job.ts";
import { constraint, moleculeMaker } from "../../src/molecule/maker.ts";
import type { MoleculeParts } from "../../src/molecule/parts.ts";
import { canonicalOf, withMol } from "../../src/molecule/rdkit.ts";
import { MoleculeWriter } from "../../src/molecule/writing.ts";

export interface Sampled {
  readonly texts: number;
  /** Share that RDKit accepts. */
  readonly valid: number;
  /** Shares of different ones among the first 1,000 and all (at most 10,000) valid ones. */
  readonly unique1k: number;
  readonly unique: number;
  /** Share of the different ones that training has not seen; the filter of known ones takes 1 in 120 strangers for known, so at least this. */
  readonly novel: number;
  readonly tokensPerSecond: number;
}

/** Drug-like molecules without a wish, at temperature 1, straight from the model or under the writer. */
export async function sample(
  { decoder, vocabulary, known, rdkit }: MoleculeParts,
  { count, constrained, seed = 1 }: { readonly count: number; readonly constrained: boolean; readonly seed?: number },
): Promise<Sampled> {
  const before = vocabulary.ids(prompt({ kind: "drug-like" }));
  const texts = vocabulary.tokens.map((token, id) => (id < controlTokens.length ? undefined : token));
  const written = Array.from({ length: count }, () => [] as number[]);
  const most = 100;
  const began = performance.now();
  let tokens = 0;
  for await (const step of generate(
    decoder,
    written.map(() => before),
    {
      each: () => (constrained ? { hooks: [constraint(new MoleculeWriter(texts, { end: vocabulary.end, most }))] } : {}),
      parallel: 32,
      seed: seed * 1_000_003,
      stopTokens: [vocabulary.end],
      maxTokens: most,
    },
  ))
    for (const { sequence, token } of step) {
      tokens++;
      if (token !== vocabulary.end) written[sequence]!.push(token);
    }
  const seconds = (performance.now() - began) / 1000;
  const valid: string[] = [];
  for (const ids of written) {
    const canonical = ids.length === 0 ? undefined : withMol(rdkit, vocabulary.decode(ids), canonicalOf);
    if (canonical !== undefined) valid.push(canonical);
  }
  const different = new Set(valid);
  return {
    texts: count,
    valid: valid.length / count,
    unique1k: new Set(valid.slice(0, 1000)).size / Math.min(1000, valid.length),
    unique: different.size / valid.length,
    novel: [...different].filter((smiles) => !known.has(smiles)).length / different.size,
    tokensPerSecond: tokens / seconds,
  };
}

/** What is asked for, and how far from it molecules are: as the model writes them, and the nearest of four. */
export interface ControlError {
  readonly property: PropertyName;
  readonly asked: readonly number[];
  /** Mean absolute distance from the asked value. */
  readonly error: number;
  readonly ofFour: number;
  /** The same of molecules for which nothing was asked. */
  readonly unasked: number;
}
const asks: Readonly<Record<PropertyName, readonly number[]>> = {
  qed: [0.4, 0.65, 0.9],
  logP: [1, 3, 5],
  weight: [200, 300, 400],
};

export async function controlErrors(parts: MoleculeParts, each: number): Promise<ControlError[]> {
  const maker = moleculeMaker(parts);
  async function molecules(wanted: MoleculeJob["wanted"], candidates: number): Promise<readonly Molecule[]> {
    const job: MoleculeJob = {
      ...{ seed: 11, choices: 1, count: each, kind: "drug-like", wanted, unseen: false, candidates },
      ...{ temperature: 0.9, topP: 1, format: "text", zh: false },
    };
    for await (const chunks of maker.make(job, new AbortController().signal))
      for (const { json } of chunks) if (json !== undefined) return (json as { molecules: Molecule[] }).molecules;
    return [];
  }
  const off = (list: readonly Molecule[], property: PropertyName, value: number): number =>
    list.reduce((sum, molecule) => sum + Math.abs(molecule[property] - value), 0) / list.length;
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
  const plain = await molecules({}, 1);
  const found: ControlError[] = [];
  for (const [name, asked] of Object.entries(asks)) {
    const property = name as PropertyName;
    const one: number[] = [];
    const four: number[] = [];
    for (const value of asked) {
      one.push(off(await molecules({ [property]: value }, 1), property, value));
      four.push(off(await molecules({ [property]: value }, 4), property, value));
    }
    found.push({
      property,
      asked,
      error: mean(one),
      ofFour: mean(four),
      unasked: mean(asked.map((v) => off(plain, property, v))),
    });
  }
  return found;
}
