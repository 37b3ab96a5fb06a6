import type { Mol, Rdkit } from "./rdkit.ts";
import { Patterns } from "./rdkit.ts";

/** What is told of every molecule, and what can be asked for (the first three). */
export interface Properties {
  /** Quantitative estimate of drug-likeness, 0 to 1. */
  readonly qed: number;
  /** Octanol–water partition coefficient by Wildman & Crippen 1999. */
  readonly logP: number;
  /** Average molar mass, g/mol. */
  readonly weight: number;
  /** Topological polar surface area, Å². */
  readonly tpsa: number;
  readonly donors: number;
  readonly acceptors: number;
  readonly rotatable: number;
  readonly rings: number;
  readonly aromaticRings: number;
  /** Unwanted groups found, of {@link alerts}. */
  readonly alerts: number;
}

/**
 * Groups that medicinal chemists avoid (reactive, toxic, unstable or colourful), after the classes of Brenk et al. 2008 as Bickerton et al.
 * count them. The patterns are our own, so that QED can differ from RDKit's by what the two lists count otherwise.
 */
export const alerts: readonly string[] = [
  "[#6]1[O,N,S]~*1", // epoxide, aziridine, thiirane
  "[CX3,S](=[O,S])[F,Cl,Br,I]", // acyl and sulfonyl halide
  "[CX4][Cl,Br,I]", // alkyl halide
  "[#6]S(=O)(=O)O[#6]", // sulfonate
  "C#CC=O", // Michael acceptor of an alkyne
  "[CX3]=[CX3]([#6]=O)[#6]=O",
  "[CX3H1]=O", // aldehyde
  "OO",
  "[C;!R]=[N;!R]", // imine, hydrazone
  "[N;!R]=[N;!R]",
  "[#6](=O)[#6](=O)", // 1,2-diketone
  "[#16][#16]",
  "[#7][NH2]", // hydrazine
  "[#6]=S",
  "[CX4][CX3H0,CX3H1]=[CX3H0,CX3H1;!$(C=O)][CX4]", // plain alkene
  "O=C1C=CC(=O)C=C1",
  "O=C1C(=O)C=CC=C1",
  "c1ccc2c(c1)ccc1ccccc12", // three fused benzenes
  "c1ccc2cc3ccccc3cc2c1",
  "[NH2]c1ccccc1", // aniline
  "[B,Si,Se,Te,As,Hg,Fe,Sn,Zn,Cu,Pt,Na,K,Li,Mg,Ca,Al]",
  "I",
  "[N+](=O)[O-]",
  "C(=O)N[OH]",
  "[SH]",
  "c1c([F,Cl,Br,I])c([F,Cl,Br,I])c([F,Cl,Br,I])cc1",
  "[C;R1]1[C;R1][C;R1][C;R1][C;R1][C;R1][C;R1]1", // seven-ring
  "C#C",
  "[#7+][O-;$([O-][#7+]);!$([O-][N+]=O)]", // N-oxide
  "[#6]=N[OH]",
  "C(=O)[CX4,O]C(=O)",
  "O=c1ccc2ccccc2o1",
  "[O+,S+,o+,s+]",
  "N=C=[O,S]",
  "[#7][F,Cl,Br,I]",
  "cOC(=O)",
  "[C;R0]=[C;R0][C;R0]=[C;R0]",
  "[#6+,#6-]",
  "N=[N+]=[N-]",
  "[OH]c1c([OH,NH2,NH1])cccc1", // catechol
  "[OH]c1ccc([OH,NH2,NH1])cc1", // hydroquinone
  "P",
  "[#7,O,S]C#N",
  "[SX2]O",
  "N=[C;R0][#7,O,S]", // amidine, guanidine of a chain
  "C=[C;!R]C#N",
  "[SX2H0]N",
  "N#CC=O",
  "N[CH2]C#N",
  "O=C1CCN1", // β-lactam
  "S(=O)(=O)[OH,O-]",
  "NC[F,Cl,Br,I]",
  "C=[C;!R]O",
  "[NX2]=O",
  "[O,N;R0][O,N;R0]",
  "c1ccccc1[C;!R]=[C;!R]c1ccccc1",
  "[N,O,S;R0;X2,X3][CX4][N,O,S;R0;X2,X3]", // acetal, aminal
  "[*]=[N+]=[*]",
  "[R0;D2][R0;D2][R0;D2][R0;D2]", // long chain
  "[#6;R]C(=O)NC(=O)[#6;R]",
  "[CX3]=!@[CX3]C=[O,S]", // Michael acceptor
  "c[C;R0](=[O,S])[#6]", // aryl ketone
  "c[SX2][C;!R]",
  "C=C=C",
  "n1c([F,Cl,Br,I])cccc1",
  "c1nc([F,Cl,Br,I,S])ncc1",
  "[#6,#8,#16]C(=O)O[#6]", // ester, carbonate
];
/** Hydrogen-bond acceptors as Bickerton et al. count them: hydroxyls are among them, imines are not. */
const acceptor = "[$([O;X1,X2]),$([o;X2]),$([S;H0;X1,X2]),$([n;H0;X2]),$([N;X1]),$([N;+0;X3;!$(N[C,S]=O)])]";

/** Parameters of the eight desirability functions, and their weights: Bickerton et al. 2012, supplementary tables 1 and 2 (QED of mean weights). */
const desirability = {
  weight: [2.817065973, 392.5754953, 290.7489764, 2.419764353, 49.22325677, 65.37051707, 104.9805561],
  logP: [3.172690585, 137.8624751, 2.534937431, 4.581497897, 0.822739154, 0.576295591, 131.3186604],
  acceptors: [2.948620388, 160.4605972, 3.615294657, 4.435986202, 0.290141953, 1.300669958, 148.7763046],
  donors: [1.618662227, 1010.051101, 0.985094388, 1e-9, 0.713820843, 0.920922555, 258.1632616],
  tpsa: [1.876861559, 125.2232657, 62.90773554, 87.83366614, 12.01999824, 28.51324732, 104.5686167],
  rotatable: [0.01, 272.4121427, 2.55837997, 1.565547684, 1.271567166, 2.758063707, 105.4420403],
  aromaticRings: [3.21778897, 957.7374108, 2.274627939, 1e-9, 1.317690384, 0.375760881, 312.337261],
  alerts: [0.01, 1199.094025, -0.09002883, 1e-9, 0.185904477, 0.875193782, 417.725314],
} as const;
const weights: Readonly<Record<keyof typeof desirability, number>> = {
  weight: 0.66,
  logP: 0.46,
  acceptors: 0.05,
  donors: 0.61,
  tpsa: 0.06,
  rotatable: 0.65,
  aromaticRings: 0.48,
  alerts: 0.95,
};

/** QED (Bickerton et al. 2012): the weighted geometric mean of eight desirabilities, each an asymmetric double sigmoid. */
export function qed(of: Omit<Properties, "qed">): number {
  let sum = 0;
  let total = 0;
  for (const [name, [a, b, c, d, e, f, most]] of Object.entries(desirability)) {
    const key = name as keyof typeof desirability;
    const x = of[key];
    const rise = 1 / (1 + Math.exp(-(x - c + d / 2) / e));
    const fall = 1 - 1 / (1 + Math.exp(-(x - c - d / 2) / f));
    sum += weights[key] * Math.log((a + b * rise * fall) / most);
    total += weights[key];
  }
  return Math.exp(sum / total);
}

/** Tells the properties of molecules. */
export function propertyReader(rdkit: Rdkit): (mol: Mol) => Properties {
  const unwanted = new Patterns(rdkit, alerts);
  const acceptors = new Patterns(rdkit, [acceptor]);
  return (mol) => {
    const d = JSON.parse(mol.get_descriptors()) as Record<string, number>;
    const all = {
      logP: d.CrippenClogP!,
      weight: d.amw!,
      tpsa: d.tpsa!,
      donors: d.NumHBD!,
      acceptors: acceptors.count(mol, 0),
      rotatable: d.NumRotatableBonds!,
      rings: d.NumRings!,
      aromaticRings: d.NumAromaticRings!,
      alerts: unwanted.in(mol).length,
    };
    return { qed: qed(all), ...all };
  };
}
