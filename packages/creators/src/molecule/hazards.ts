/**
 * What this creator will not do. Wishes are refused by their words, in `refusedWish`; molecules of known dangerous classes are dropped by their
 * structure, in `hazards`, also from the training data, whatever was asked. Both err on the side of refusing: the model is for study.
 */
export interface Hazard {
  readonly name: string;
  readonly zh: string;
  /** A molecule that has all of these is of the class. */
  readonly smarts: readonly string[];
}

/** Classes by their common structure: the schedules of the Chemical Weapons Convention, and explosives. */
export const hazards: readonly Hazard[] = [
  { name: "organophosphorus fluoride (G agents)", zh: "有机磷氟化物（G 类毒剂）", smarts: ["[#15](=[O,S,N])[F,Cl,Br]"] },
  { name: "phosphoryl cyanide (tabun)", zh: "磷酰氰（塔崩）", smarts: ["[#15](=[O,S])C#N"] },
  { name: "phosphonothioate (V agents)", zh: "硫代膦酸酯（V 类毒剂）", smarts: ["[#15](=[O,S])(S[#6][#6][#7])"] },
  { name: "phosphorylated amidine (A agents)", zh: "磷酰脒（A 类毒剂）", smarts: ["[#15](=[O,S])[#7]=[#6][#7]"] },
  {
    name: "phosphoryl ester with a good leaving group",
    zh: "带易离去基团的磷酸酯",
    smarts: ["[#15](=[O,S])([O,S,N,C])([O,S,N,C])[O,S]c1ccc([N+](=O)[O-])cc1"],
  },
  { name: "sulfur mustard", zh: "硫芥", smarts: ["[SX2]([CX4][CX4][Cl,Br,I])[CX4]"] },
  { name: "nitrogen mustard", zh: "氮芥", smarts: ["[#7;!$(NC=O)]([CX4][CX4][Cl,Br,I])[CX4][CX4][Cl,Br,I]"] },
  { name: "arsenical", zh: "砷化物", smarts: ["[As]"] },
  { name: "phosgene or diphosgene", zh: "光气", smarts: ["[Cl,F,Br]C(=O)[Cl,F,Br,$(OC(Cl)(Cl)Cl)]"] },
  { name: "cyanogen halide", zh: "卤化氰", smarts: ["[F,Cl,Br,I][CX2]#[NX1]"] },
  { name: "BZ-like quinuclidinyl ester", zh: "毕兹类奎宁环酯", smarts: ["C1CN2CCC1C(C2)OC(=O)C([OH])(c)c"] },
  { name: "fentanyl skeleton", zh: "芬太尼骨架", smarts: ["[#7]1(CCc)CC[#6](CC1)[#7](c)C(=O)[#6]"] },
  { name: "tetrachlorodioxin", zh: "四氯二噁英", smarts: ["c1c(Cl)c(Cl)cc2Oc3cc(Cl)c(Cl)cc3Oc12"] },
  {
    name: "three or more nitro groups (explosive)",
    zh: "三个以上硝基（炸药）",
    smarts: ["[$([N+](=O)[O-])].[$([N+](=O)[O-])].[$([N+](=O)[O-])]"],
  },
  {
    name: "nitrate esters or nitramines (explosive)",
    zh: "硝酸酯或硝胺（炸药）",
    smarts: ["[$([O,N][N+](=O)[O-])].[$([O,N][N+](=O)[O-])]"],
  },
  { name: "peroxide ring (explosive)", zh: "环状过氧化物（炸药）", smarts: ["[O;R][O;R]"] },
  { name: "azide (explosive)", zh: "叠氮化物（炸药）", smarts: ["[#7]=[N+]=[#7-]"] },
];
