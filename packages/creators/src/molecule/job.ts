import { InksealError, type Plan } from "@inkseal/core";
import { z } from "zod";
import { ownControls } from "../own-controls.ts";
import { wordsOf } from "../words-of.ts";
import type { Kind } from "./conditions.ts";
import { type Format, formatOf } from "./formats.ts";
import { refuseDanger } from "./refusal.ts";

const range = (least: number, most: number) =>
  z.union([
    z.number().min(least).max(most),
    z.tuple([z.number().min(least), z.number().max(most)]).refine(([a, b]) => a < b, "from a smaller to a larger number"),
  ]);

/** What can be asked of molecules. A number steers; a range is kept by every molecule. */
export const MoleculeControls = z.strictObject({
  count: z.int().min(1).max(100).default(8).describe("How many different molecules / 生成多少个互不相同的分子"),
  scaffold: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("SMILES that every molecule contains (hard) / 每个分子必含的骨架，SMILES（硬约束）"),
  weight: range(16, 700)
    .optional()
    .describe("Molar mass, g/mol: a number steers, [from, to] is kept / 分子量：一个数为倾向，[下限, 上限] 必守"),
  logP: range(-6, 10).optional().describe("logP (Crippen): a number steers, [from, to] is kept / 脂水分配系数 logP"),
  qed: range(0, 1).optional().describe("Drug-likeness QED, 0 to 1: a number steers, [from, to] is kept / 类药性 QED"),
  kind: z
    .enum(["drug-like", "small"])
    .optional()
    .describe("drug-like (the default), or small: up to nine heavy atoms / drug-like 类药（默认）或 small 小分子"),
  unseen: z.boolean().default(false).describe("Only molecules that are not in the training data / 只要训练数据中没有的分子"),
  candidates: z
    .int()
    .min(1)
    .max(16)
    .optional()
    .describe(
      "Molecules made for each that is delivered, the nearest to the wish chosen; 4 when a property is asked for / 每个结果的备选数",
    ),
});
export type Wanted = number | readonly [number, number];
export type PropertyName = "weight" | "logP" | "qed";

export interface MoleculeJob {
  readonly seed: number;
  readonly choices: number;
  readonly count: number;
  readonly kind: Kind;
  readonly wanted: Readonly<Partial<Record<PropertyName, Wanted>>>;
  readonly scaffold?: string;
  readonly unseen: boolean;
  readonly candidates: number;
  readonly temperature: number;
  readonly topP: number;
  readonly format: Format;
  readonly zh: boolean;
}

const names: Readonly<Record<PropertyName, string>> = {
  weight: "(?:molecular weight|molar mass|weight|mass|MW|分子量|摩尔质量)",
  logP: "(?:c?logP|脂水分配系数|亲脂性)",
  qed: "(?:QED|drug-?likeness|类药性)",
};
const number = "(-?\\d+(?:\\.\\d+)?)";

/** The brief as a job; own controls go before what the words say. Throws as `Creator.jobOf`. */
export function moleculeJob(plan: Plan, seed: number): MoleculeJob {
  const { brief } = plan;
  const words = wordsOf(brief);
  refuseDanger(
    [words, ...(brief.messages ?? []).map(({ content }) => (typeof content === "string" ? content : ""))].join("\n"),
  );
  const own = ownControls(MoleculeControls, plan);
  const said = wishes(words);
  const wanted: Partial<Record<PropertyName, Wanted>> = {};
  for (const name of ["weight", "logP", "qed"] as const) {
    const value = own[name] ?? said[name];
    if (value !== undefined) wanted[name] = value;
  }
  const scaffold = own.scaffold ?? said.scaffold;
  const kind = own.kind ?? said.kind ?? (isSmall(wanted.weight) ? "small" : "drug-like");
  checkIsWish(words, Object.keys(brief.controls.own ?? {}).length + Object.keys(said).length);
  const asks = Object.keys(wanted).length > 0;
  const { temperature = 0.9, topP = 1, n = 1, format, language } = brief.controls;
  return {
    seed,
    choices: n,
    count: brief.controls.own?.count === undefined ? (said.count ?? own.count) : own.count,
    kind,
    wanted,
    ...(scaffold !== undefined && { scaffold }),
    unseen: own.unseen,
    candidates: own.candidates ?? (asks ? 4 : 1),
    temperature,
    topP: topP === 0 ? 0.01 : topP,
    format: formatOf(format),
    zh: language?.startsWith("zh") ?? /\p{Script=Han}/u.test(words),
  };
}

interface Said extends Partial<Record<PropertyName, Wanted>> {
  scaffold?: string;
  kind?: Kind;
  count?: number;
}
/** Wishes in words: "5 molecules, QED 0.8, logP 1 to 3, contains c1ccccc1", "10 个分子，分子量 250–350，含 c1ccncc1". */
export function wishes(words: string): Said {
  const said: Said = {};
  for (const name of ["weight", "logP", "qed"] as const) {
    const ranged = new RegExp(
      `${names[name]}[^\\d\\n,，;；-]{0,12}${number}\\s*(?:to|-|–|~|～|至|到|and)\\s*${number}`,
      "i",
    ).exec(words);
    const single = new RegExp(`${names[name]}[^\\d\\n,，;；-]{0,12}${number}`, "i").exec(words);
    if (ranged !== null && Number(ranged[1]) < Number(ranged[2])) said[name] = [Number(ranged[1]), Number(ranged[2])];
    else if (single !== null) said[name] = Number(single[1]);
  }
  const scaffold = scaffoldIn(words);
  if (scaffold !== undefined) said.scaffold = scaffold;
  if (/\bsmall molecules? of|tiny|小分子片段|九个重原子|QM9/i.test(words)) said.kind = "small";
  const count = /(\d{1,3})\s*(?:different |new |novel )?(?:molecules|compounds|structures|SMILES|个|种)/i.exec(words)?.[1];
  if (count !== undefined && Number(count) > 0) said.count = Math.min(100, Number(count));
  return said;
}

/** SMILES behind "contains", 含 and the like, or alone. */
function scaffoldIn(words: string): string | undefined {
  const named =
    /(?:scaffold|contain(?:s|ing)?|with the (?:core|ring)|grow(?:n)? (?:on|from)|骨架|包含|含有|含)\s*[:：]?\s*[`"'「“]?([A-Za-z0-9@+\-[\]()=#%/\\]{2,})/i;
  const found = named.exec(words)?.[1] ?? /^\s*([A-Za-z0-9@+\-[\]()=#%/\\]{3,})\s*$/.exec(words)?.[1];
  // words are no SMILES: those have rings, branches or bonds, or capital letters alone
  return found !== undefined && /[cnosCNOS]/.test(found) && /[()=#\d[\]]|^[BCNOFPSI]+$/.test(found) ? found : undefined;
}

const isSmall = (weight: Wanted | undefined): boolean =>
  weight !== undefined && (typeof weight === "number" ? weight : weight[1]) <= 150;

/** Throws `cannot-do` for words that ask this model for something else than molecules. */
function checkIsWish(words: string, found: number): void {
  if (
    words === "" ||
    found > 0 ||
    /molecul|compound|SMILES|scaffold|drug|ligand|分子|化合物|骨架|类药|[CNOcno][1-9(=]/i.test(words)
  )
    return;
  throw new InksealError(
    "cannot-do",
    "inkseal-molecule draws molecules (SMILES) by scaffold, weight, logP and QED, and does nothing else; a language model (`inkseal models list --task chat`) answers questions in words",
    { param: "model" },
  );
}
