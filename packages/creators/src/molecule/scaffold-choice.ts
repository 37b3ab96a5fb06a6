import { InksealError } from "@inkseal/core";
import type { Random } from "@inkseal/lab";
import type { MoleculeVocabulary } from "./conditions.ts";
import { canonicalOf, kekuleOf, type Mol, type Rdkit } from "./rdkit.ts";
import { smilesTokens } from "./smiles-tokens.ts";

/** A scaffold that molecules grow on. */
export interface OpenScaffold {
  readonly smiles: string;
  /** Its tokens, begun at an atom by chance: what comes first in SMILES is where the model seldom adds anything. */
  tokens(random: Random): readonly string[];
  isIn(mol: Mol): boolean;
  close(): void;
}
const most = 60;

/** Reads a scaffold. Throws `bad-request` for what RDKit cannot read, `cannot-do` for what the model has not learnt. */
export function openScaffold(rdkit: Rdkit, vocabulary: MoleculeVocabulary, smiles: string): OpenScaffold {
  const param = { param: "controls.own.scaffold" };
  const mol = rdkit.get_mol(smiles);
  if (mol === null)
    throw new InksealError("bad-request", "the scaffold is no valid SMILES; write it as c1ccccc1 or C1CCNCC1", param);
  try {
    const flat = canonicalOf(mol);
    const tokens = learnt(kekuleOf(mol));
    if (tokens.length > most)
      throw new InksealError(
        "cannot-do",
        `the scaffold has ${tokens.length} tokens; the model grows on at most ${most}`,
        param,
      );
    const atoms = mol.get_num_atoms(true);
    const query = rdkit.get_mol(flat)!;
    return {
      smiles: flat,
      tokens(random) {
        const rooted = JSON.stringify({ rootedAtAtom: Math.floor(random() * atoms), doKekule: true, doIsomericSmiles: false });
        return learnt(query.get_smiles(rooted));
      },
      isIn: (other) => other.get_substruct_match(query) !== "{}",
      close: () => query.delete(),
    };
  } finally {
    mol.delete();
  }

  function learnt(kekule: string): string[] {
    try {
      const found = smilesTokens(kekule);
      vocabulary.ids(found);
      return found;
    } catch (error) {
      throw new InksealError(
        "cannot-do",
        "the scaffold has atoms, charges or parts that the model has not learnt: one uncharged molecule of C, N, O, S, P and halogens, nitro groups allowed",
        { ...param, cause: error },
      );
    }
  }
}
