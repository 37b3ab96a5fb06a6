import { seededRandom } from "@inkseal/lab";
import { beforeAll, describe, expect, it } from "vitest";
import { kekuleOf, openRdkit, type Rdkit, withMol } from "./rdkit.ts";
import { smilesTokens } from "./smiles-tokens.ts";
import { MoleculeWriter } from "./writing.ts";

const tokens = "# C #N ( ) 1 2 3 4 5 6 =C =N =O =S Br C Cl F I N O P S [N+] =[N+] [O-] [N-] B =P =[N-] #C"
  .split(" ")
  .filter((token) => token !== "#");
const texts = [...tokens, undefined];
const end = tokens.length;
let rdkit: Rdkit;
beforeAll(async () => {
  rdkit = await openRdkit();
});

/** A text by blind chance: what a model of random weights writes, and worse. */
function blind(seed: number, scaffold?: readonly string[]): { smiles: string; length: number; most: number } {
  const random = seededRandom(seed);
  const most = (scaffold?.length ?? 0) + 10 + random.below(50);
  const writer = new MoleculeWriter(texts, { end, most, scaffold });
  let smiles = "";
  let length = 0;
  while (!writer.over) {
    const allowed = [...texts.keys()].filter((id) => writer.allows(id));
    expect(allowed.length, `a dead end after ${smiles}`).toBeGreaterThan(0);
    const id = allowed[random.below(allowed.length)]!;
    writer.accept(id);
    length++;
    if (id !== end) smiles += tokens[id];
  }
  return { smiles, length, most };
}

describe("texts under the writer", () => {
  it("are molecules that RDKit accepts, whatever is chosen, and end within their length", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const { smiles, length, most } = blind(seed);
      expect(length).toBeLessThanOrEqual(most);
      expect(
        withMol(rdkit, smiles, () => true),
        `seed ${seed}: ${smiles}`,
      ).toBe(true);
    }
  });

  it.each([
    "c1ccccc1",
    "C1CCNCC1",
    "c1ccc2[nH]ccc2c1",
    "O=C(O)c1ccccc1",
    "NS(=O)(=O)c1ccsc1",
    "O=[N+]([O-])c1ccccc1",
    "C1CC2CCC1C2",
    "CS",
    "CP(C)C",
  ])("grown on %s contain it", (scaffold) => {
    const own = smilesTokens(withMol(rdkit, scaffold, kekuleOf)!);
    const query = rdkit.get_mol(scaffold)!;
    let grown = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const { smiles } = blind(seed, own);
      const found = withMol(rdkit, smiles, (mol) => {
        if (mol.get_num_atoms(true) > query.get_num_atoms(true)) grown++;
        return mol.get_substruct_match(query) !== "{}";
      });
      expect(found, `seed ${seed}: ${smiles}`).toBe(true);
    }
    expect(grown).toBeGreaterThan(20);
    query.delete();
  });

  it("can be all that the data has: every molecule is allowed token by token", () => {
    const real = [
      "CC(=O)Oc1ccccc1C(=O)O",
      "CN1C=NC2=C1C(=O)N(C)C(=O)N2C",
      "O=[N+]([O-])c1ccc(Cl)cc1",
      "CS(=O)(=O)Nc1ccc2c(c1)OCO2",
      "C1CC2(C1)CCN(CC2)C#N",
      "FC(F)(F)c1nnc(s1)N1CCOCC1",
      "CC12CCC3c4ccc(O)cc4CCC3C1CCC2O",
    ];
    for (const smiles of real) {
      const writer = new MoleculeWriter(texts, { end, most: 72 });
      for (const token of smilesTokens(withMol(rdkit, smiles, kekuleOf)!)) {
        const id = tokens.indexOf(token);
        expect(writer.allows(id), `${token} in ${smiles}`).toBe(true);
        writer.accept(id);
      }
      expect(writer.allows(end)).toBe(true);
    }
  });

  it("refuse what would break them", () => {
    const writer = new MoleculeWriter(texts, { end, most: 40 });
    const allows = (token: string): boolean => writer.allows(tokens.indexOf(token));
    expect([allows("C"), allows("=C"), allows("("), allows("1"), writer.allows(end)]).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
    for (const token of ["C", "1", "C"]) writer.accept(tokens.indexOf(token));
    // the ring has two atoms yet; fluorine and an oxygen with both its bonds could not close it
    expect([allows("1"), allows("F"), allows("=O"), allows("O"), writer.allows(end)]).toEqual([
      false,
      false,
      false,
      true,
      false,
    ]);
    expect(() => writer.accept(tokens.indexOf("1"))).toThrow(RangeError);
  });
});
