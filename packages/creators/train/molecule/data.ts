import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type Asked, conditionsOf, type Kind } from "../../src/molecule/conditions.ts";
import { hazards } from "../../src/molecule/hazards.ts";
import { propertyReader } from "../../src/molecule/properties.ts";
import { canonicalOf, kekuleOf, Patterns, type Rdkit, withMol } from "../../src/molecule/rdkit.ts";
import { smilesTokens, stepOf } from "../../src/molecule/smiles-tokens.ts";

export interface Lesson {
  /** Canonical SMILES, aromatic and flat, by which molecules are told apart. */
  readonly smiles: string;
  readonly tokens: readonly string[];
  readonly asked: Asked;
}
export interface MoleculeData {
  readonly lessons: readonly Lesson[];
  /** SHA-256 of the files, in order. */
  readonly digest: string;
  /** What became of the lines, by source. */
  readonly counts: Readonly<Record<string, { readonly lines: number; readonly kept: number }>>;
}

const sources: readonly {
  name: string;
  file: string;
  kind: Kind;
  most: number;
  smiles: (line: string) => string | undefined;
  header: boolean;
}[] = [
  { name: "ZINC", file: "zinc-valid.txt", kind: "drug-like", most: Infinity, smiles: (line) => line, header: false },
  {
    name: "ChEMBL",
    file: "chembl_5thresh.csv.gz",
    kind: "drug-like",
    most: Infinity,
    smiles: (line) => line.split(",")[0],
    header: true,
  },
  { name: "MUV", file: "muv.csv.gz", kind: "drug-like", most: 62_000, smiles: (line) => line.split(",").at(-1), header: true },
  { name: "HIV", file: "hiv.csv", kind: "drug-like", most: 10_000, smiles: (line) => line.split(",")[0], header: true },
  { name: "QM9", file: "qm9.smi.txt", kind: "small", most: 30_000, smiles: (line) => line.split(",")[1], header: true },
];
/** Longest molecule, tokens; of ChEMBL's a twentieth is longer. */
export const longest = 72;

/**
 * Molecules of QM9, ZINC, ChEMBL, MUV and HIV as lessons: the largest part of salts, uncharged, without stereo marks, each once. Atoms that fewer
 * than 1 in 2,000 have, more than 72 tokens and dangerous classes are left out.
 */
export async function readMolecules(rdkit: Rdkit, folder: string, share = 1): Promise<MoleculeData> {
  const read = propertyReader(rdkit);
  const danger = new Patterns(
    rdkit,
    hazards.flatMap(({ smarts }) => smarts),
  );
  const hash = createHash("sha256");
  const found = new Map<string, Lesson>();
  const counts: Record<string, { lines: number; kept: number }> = {};
  for (const source of sources) {
    const bytes = await readFile(join(folder, source.file));
    hash.update(bytes);
    const text = (source.file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
    const lines = text
      .split("\n")
      .slice(source.header ? 1 : 0)
      .filter((line) => line.trim() !== "");
    const wanted = Math.round(Math.min(source.most, lines.length) * share);
    const before = found.size;
    for (let i = 0; i < wanted; i++) {
      const line = lines[Math.floor((i * lines.length) / wanted)]!;
      const neutral = neutralOf(rdkit, (source.smiles(line) ?? "").trim());
      if (neutral === undefined) continue;
      withMol(rdkit, neutral, (mol) => {
        const smiles = canonicalOf(mol);
        if (found.has(smiles)) return;
        const tokens = readable(kekuleOf(mol));
        if (tokens === undefined || tokens.length > longest || danger.in(mol).length > 0) return;
        found.set(smiles, { smiles, tokens, asked: conditionsOf(source.kind, read(mol)) });
      });
    }
    counts[source.name] = { lines: wanted, kept: found.size - before };
  }
  return { lessons: withoutRare([...found.values()]), digest: hash.digest("hex"), counts };
}

/** The largest part, as Kekulé SMILES without charges that a proton makes; undefined for what stays charged. */
function neutralOf(rdkit: Rdkit, smiles: string): string | undefined {
  const kekule = withMol(rdkit, smiles, kekuleOf);
  if (kekule === undefined) return undefined;
  const [largest] = kekule.split(".").sort((a, b) => b.length - a.length) as [string];
  let text = largest.replace(/\[NH\d?\+\]/g, "N");
  if (!text.includes("[N+]")) text = text.replaceAll("[O-]", "O").replaceAll("[S-]", "S");
  const charged = (text.match(/\[N\+\]/g)?.length ?? 0) !== (text.match(/\[[NO]-\]/g)?.length ?? 0);
  return charged ? undefined : text;
}

function readable(kekule: string): string[] | undefined {
  try {
    const tokens = smilesTokens(kekule);
    for (const token of tokens) stepOf(token);
    return tokens;
  } catch {
    return undefined;
  }
}

function withoutRare(lessons: readonly Lesson[]): Lesson[] {
  const seen = new Map<string, number>();
  for (const { tokens } of lessons) for (const token of new Set(tokens)) seen.set(token, (seen.get(token) ?? 0) + 1);
  const rare = (token: string): boolean => !/^[()\d]$/.test(token) && seen.get(token)! < lessons.length / 2000;
  return lessons.filter(({ tokens }) => !tokens.some(rare));
}
