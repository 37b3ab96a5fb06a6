import { beforeAll, describe, expect, it } from "vitest";
import { hazards } from "./hazards.ts";
import { type Properties, propertyReader } from "./properties.ts";
import { type Mol, openRdkit, Patterns, type Rdkit, withMol } from "./rdkit.ts";

let rdkit: Rdkit;
let read: (mol: Mol) => Properties;
beforeAll(async () => {
  rdkit = await openRdkit();
  read = propertyReader(rdkit);
});

describe("QED", () => {
  /** What RDKit's own implementation of Bickerton et al. says of well-known drugs. */
  it.each([
    ["aspirin", "CC(=O)Oc1ccccc1C(=O)O", 0.55],
    ["ibuprofen", "CC(C)Cc1ccc(cc1)C(C)C(=O)O", 0.822],
    ["caffeine", "Cn1cnc2c1c(=O)n(C)c(=O)n2C", 0.538],
    ["paracetamol", "CC(=O)Nc1ccc(O)cc1", 0.595],
    ["ZINC's first", "CC(C)(C)c1ccc2occ(CC(=O)Nc3ccccc3F)c2c1", 0.732],
    ["famotidine, of the paper", "N=C(CCSCc1csc(N=C(N)N)n1)NS(N)(=O)=O", 0.253],
  ])("of %s is RDKit's to the third digit", (_, smiles, expected) => {
    expect(withMol(rdkit, smiles, read)!.qed).toBeCloseTo(expected, 2);
  });
});

describe("dangerous classes", () => {
  const classesOf = (smiles: string): string[] =>
    withMol(rdkit, smiles, (mol) =>
      hazards.filter(({ smarts }) => new Patterns(rdkit, smarts).in(mol).length > 0).map((h) => h.name),
    )!;
  it.each([
    ["sarin", "CC(C)OP(C)(=O)F", "G agents"],
    ["soman", "CC(OP(C)(F)=O)C(C)(C)C", "G agents"],
    ["tabun", "CCOP(=O)(C#N)N(C)C", "tabun"],
    ["VX", "CCOP(C)(=O)SCCN(C(C)C)C(C)C", "V agents"],
    ["paraoxon", "CCOP(=O)(OCC)Oc1ccc(cc1)[N+](=O)[O-]", "leaving group"],
    ["sulfur mustard", "ClCCSCCCl", "sulfur mustard"],
    ["HN-3", "ClCCN(CCCl)CCCl", "nitrogen mustard"],
    ["lewisite", "ClC=C[As](Cl)Cl", "arsenical"],
    ["phosgene", "ClC(Cl)=O", "phosgene"],
    ["TNT", "Cc1c(cc(cc1[N+](=O)[O-])[N+](=O)[O-])[N+](=O)[O-]", "nitro groups"],
    ["RDX", "C1N(CN(CN1[N+](=O)[O-])[N+](=O)[O-])[N+](=O)[O-]", "explosive"],
    ["nitroglycerin", "C(C(CO[N+](=O)[O-])O[N+](=O)[O-])O[N+](=O)[O-]", "explosive"],
    ["fentanyl", "CCC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1", "fentanyl"],
    ["TATP", "CC1(C)OOC(C)(C)OOC(C)(C)OO1", "peroxide"],
    ["BZ", "OC(c1ccccc1)(c1ccccc1)C(=O)OC1CN2CCC1CC2", "quinuclidinyl"],
  ])("have %s", (_, smiles, name) => {
    expect(classesOf(smiles).join()).toContain(name);
  });
  it.each([
    "CC(=O)Oc1ccccc1C(=O)O",
    "CN1C=NC2=C1C(=O)N(C)C(=O)N2C",
    "O=[N+]([O-])c1ccccc1",
    "OC(=O)CNCP(O)(O)=O",
    "CC(=O)SCCNC(C)=O",
    "ClCCN1CCOCC1",
    "O=C(Cl)c1ccccc1",
    "COC1CCNCC1",
  ])("do not have %s", (smiles) => {
    expect(classesOf(smiles)).toEqual([]);
  });
});
