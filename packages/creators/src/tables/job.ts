import { InksealError, type InputFile, type Plan } from "@inkseal/core";
import { z } from "zod";
import { ownControls } from "../own-controls.ts";
import { wordsOf } from "../words-of.ts";
import { xlsxType } from "./xlsx.ts";

const value = z.union([z.string(), z.number(), z.boolean()]);

/** How a table is to be made, or scored. */
export const TableControls = z.strictObject({
  rows: z.int().min(1).max(200_000).optional().describe("Rows to make; as many as the file has / 生成多少行；默认与原表相同"),
  model: z
    .enum(["tvae", "ctgan"])
    .optional()
    .describe("tvae (the default) or ctgan (needed for where) / tvae（默认）或 ctgan（按条件采样时使用）"),
  where: z
    .record(z.string(), value)
    .optional()
    .describe('Rows that all have these categories: {"job": "Sales"} (hard) / 只要满足这些类别的行（硬约束）'),
  leave: z.array(z.string()).max(1000).optional().describe("Columns to leave out / 不学习、不输出的列"),
  numbers: z.array(z.string()).max(1000).optional().describe("Columns to take as numbers / 当作数值的列"),
  categories: z.array(z.string()).max(1000).optional().describe("Columns to take as categories / 当作类别的列"),
  steps: z
    .int()
    .min(10)
    .max(100_000)
    .optional()
    .describe("Training steps; by the size of the table / 训练步数；默认按表的大小"),
  seconds: z.number().min(1).max(7200).default(120).describe("Longest training, seconds / 训练时间上限（秒）"),
  noise: z
    .number()
    .min(0.05)
    .max(100)
    .optional()
    .describe("Differential privacy (tvae): noise multiplier of DP-SGD / 差分隐私：噪声倍数（仅 tvae）"),
  clip: z.number().positive().max(1000).default(1).describe("Differential privacy: clipping norm / 差分隐私：梯度裁剪范数"),
  delta: z.number().positive().max(0.1).optional().describe("Differential privacy: δ; 1/(10·rows) / 差分隐私：δ"),
  copies: z
    .enum(["drop", "keep"])
    .default("drop")
    .describe("Made rows that are rows of the file: drawn again, or kept / 与原表相同的行：重抽或保留"),
  score: z
    .boolean()
    .default(false)
    .describe("Score how unusual each row of the file is, in place of making rows / 不生成，而是给原表每行打异常分"),
  label: z
    .string()
    .optional()
    .describe(
      "Score: a column that says what is unusual; it is not learnt from, and AUC is told / 打分：标签列（不参与学习，给出 AUC）",
    ),
  normal: value
    .optional()
    .describe("Score: the label's value of usual rows; only those are learnt from / 打分：正常行的标签值，只学习这些行"),
});
export type TableModel = "tvae" | "ctgan";

export interface TableJob {
  readonly seed: number;
  /** The CSV. */
  readonly text: string;
  readonly name: string;
  readonly rows?: number;
  readonly model: TableModel;
  readonly where: Readonly<Record<string, string>>;
  readonly leave: readonly string[];
  readonly numbers: readonly string[];
  readonly categories: readonly string[];
  readonly steps?: number;
  readonly seconds: number;
  readonly privacy?: { readonly noise: number; readonly clip: number; readonly delta?: number };
  readonly copies: "drop" | "keep";
  readonly score?: { readonly label?: string; readonly normal?: string };
  /** A workbook in place of CSV. */
  readonly workbook: boolean;
  readonly zh: boolean;
}

/** The brief's CSV file (or CSV in its words) and controls. Throws as `Creator.jobOf`. */
export function tableJob(plan: Plan, seed: number): TableJob {
  const { brief } = plan;
  const own = ownControls(TableControls, plan);
  const words = wordsOf(brief);
  const file = brief.files.find(isCsv);
  const pasted = file === undefined && /^[^\n]+\n[^\n]+\n/.test(`${words}\n`) && words.includes("\n");
  if (file === undefined && !pasted)
    throw new InksealError(
      "bad-request",
      "send a table as a CSV file (files; in the terminal: inkseal make table customers.csv -o synthetic.csv), or paste its lines as the words",
      { param: "files" },
    );
  const wrong = (message: string, name: string) => new InksealError("bad-request", message, { param: `controls.own.${name}` });
  const where = Object.fromEntries(Object.entries(own.where ?? {}).map(([column, v]) => [column, String(v)]));
  const conditioned = Object.keys(where).length > 0;
  const model = own.model ?? (conditioned ? "ctgan" : "tvae");
  if (own.score && conditioned) throw wrong("score judges the rows of the file; where is for making rows", "where");
  if (own.score && own.model === "ctgan") throw wrong("rows are scored by a tvae", "model");
  if (!own.score && (own.label !== undefined || own.normal !== undefined))
    throw wrong("label and normal go with score=true", "label");
  if (own.normal !== undefined && own.label === undefined)
    throw wrong("normal is a value of the column that label names", "normal");
  if (conditioned && model === "tvae")
    throw wrong("rows on a condition are made by a ctgan: leave model out, or set model=ctgan", "where");
  if (own.noise !== undefined && model === "ctgan")
    throw new InksealError(
      "cannot-do",
      "differential privacy needs losses of single rows, which a ctgan does not have: use model=tvae (without where)",
      { param: "controls.own.noise" },
    );
  return {
    seed,
    text: file === undefined ? words : textOf(file),
    name: file?.name ?? "table.csv",
    ...(own.rows !== undefined && { rows: own.rows }),
    model,
    where,
    leave: own.leave ?? [],
    numbers: own.numbers ?? [],
    categories: own.categories ?? [],
    ...(own.steps !== undefined && { steps: own.steps }),
    seconds: own.seconds,
    ...(own.noise !== undefined && {
      privacy: { noise: own.noise, clip: own.clip, ...(own.delta !== undefined && { delta: own.delta }) },
    }),
    copies: own.copies,
    ...(own.score && {
      score: {
        ...(own.label !== undefined && { label: own.label }),
        ...(own.normal !== undefined && { normal: String(own.normal) }),
      },
    }),
    workbook: isWorkbook(brief.controls.format),
    zh: brief.controls.language?.startsWith("zh") ?? (!pasted && /\p{Script=Han}/u.test(words)),
  };
}

/** Throws `cannot-do` for a format that tables are not written in. */
function isWorkbook(format: string | undefined): boolean {
  if (format === undefined || /^(text\/)?csv$/i.test(format)) return false;
  if (format === xlsxType || /^xlsx$/i.test(format)) return true;
  throw new InksealError("cannot-do", "tables are written as csv or xlsx", { param: "controls.format" });
}

const isCsv = ({ name, mediaType }: InputFile): boolean => mediaType.startsWith("text/") || /\.(csv|txt)$/i.test(name);

/** UTF-8, with or without a mark; else GB 18030, as Excel in China writes. Throws `bad-file` for neither. */
function textOf({ bytes }: InputFile): string {
  for (const encoding of ["utf-8", "gb18030"])
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      // the next one
    }
  throw new InksealError("bad-file", "the table is neither UTF-8 nor GB 18030; save it as CSV UTF-8");
}
