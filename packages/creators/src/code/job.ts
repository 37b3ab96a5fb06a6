import { type Brief, InksealError, type Plan } from "@inkseal/core";
import { z } from "zod";
import { ownControls } from "../own-controls.ts";
import { checkFit, isScript } from "./fit.ts";

/** What can be asked of the code model besides the common controls. */
export const CodeControls = z
  .strictObject({
    line: z
      .int()
      .min(1)
      .describe("Complete this line of the text, counted from 1; what follows it is the suffix. 补全文中第几行（从 1 数起）"),
    column: z.int().min(1).describe("Where in the line, counted from 1; by default at its end. 从该行第几列起补全（默认行末）"),
    lines: z.int().min(1).max(20).describe("Write up to so many lines; 1 by default. 最多写几行（默认 1 行）"),
    balance: z
      .boolean()
      .describe(
        "Of several lines, end where the brackets opened here are closed; true by default. 多行时在括号配平处停下（默认是）",
      ),
    project: z
      .boolean()
      .describe("Learn from the project's files that come along; true by default. 参考随附的项目文件（默认是）"),
    original: z
      .boolean()
      .describe(
        "Write no line of 40 characters or more that is word for word in one of the packages that the model learnt from; false by default. 不写出与训练代码逐字相同的长行（默认否）",
      ),
    name: z.string().max(500).describe("The file's name, which tells its language: .ts, .tsx, .js … 文件名（用于判断语言）"),
  })
  .partial();

export interface CodeFile {
  readonly name: string;
  readonly text: string;
}
/** A gap to fill, and how. */
export interface CodeJob {
  readonly prefix: string;
  readonly suffix: string;
  /** The project as it is now. */
  readonly files: readonly CodeFile[];
  readonly lines: number;
  readonly balance: boolean;
  /** No line as one package of those learnt has it. */
  readonly original: boolean;
  readonly stop: readonly string[];
  readonly maxTokens: number;
  readonly choices: number;
  /** Undefined: the likeliest, and further choices at a temperature of 0.6. */
  readonly temperature: number | undefined;
  readonly topP: number;
  readonly seed: number;
}

/** A line is seldom longer than so many tokens. */
const tokensOfLine = 64;
const mostCharacters = 2_000_000;

/** Throws `cannot-do` for other languages and prose, `bad-request` for a place that is not in the text, `too-large` for a file above 2 M characters. */
export function codeJob(plan: Pick<Plan, "brief" | "model">, seed: number): CodeJob {
  const { brief } = plan;
  const own = ownControls(CodeControls, plan);
  const { controls } = brief;
  const text = brief.text ?? "";
  if (text.length > mostCharacters)
    throw new InksealError(
      "too-large",
      `the text has ${text.length} characters; code is completed in files of up to ${mostCharacters}`,
      {
        param: "text",
      },
    );
  const whole = text + (brief.suffix ?? "");
  if (whole.trim() === "")
    throw new InksealError("bad-request", "there is no code to go on from; give what stands before the gap", { param: "text" });
  checkFit(whole, own.name);
  const lines = own.lines ?? 1;
  return {
    ...cut(brief, own),
    files: own.project === false ? [] : projectOf(brief, whole, own.name),
    ...{
      lines,
      balance: own.balance ?? true,
      original: own.original ?? false,
      stop: controls.stop ?? [],
      seed,
      choices: controls.n ?? 1,
    },
    ...{
      maxTokens: controls.maxTokens ?? tokensOfLine * lines,
      temperature: controls.temperature,
      topP: controls.topP ?? 0.95,
    },
  };
}

function cut(
  { text = "", suffix = "" }: Brief,
  { line, column }: { line?: number; column?: number },
): { prefix: string; suffix: string } {
  const clean = text.replace(/\r\n?/g, "\n");
  const after = suffix.replace(/\r\n?/g, "\n");
  if (line === undefined) {
    if (column !== undefined) throw new InksealError("bad-request", "a column needs a line", { param: "controls.own.column" });
    return { prefix: clean, suffix: after };
  }
  const all = clean.split("\n");
  const found = all[line - 1];
  if (found === undefined)
    throw new InksealError("bad-request", `there is no line ${line}; the text has ${all.length}`, {
      param: "controls.own.line",
    });
  if (column !== undefined && column > found.length + 1)
    throw new InksealError("bad-request", `line ${line} has ${found.length} characters, so there is no column ${column}`, {
      param: "controls.own.column",
    });
  const at =
    all.slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0) + (column === undefined ? found.length : column - 1);
  return { prefix: clean.slice(0, at), suffix: clean.slice(at) + after };
}

/** Scripts among the brief's files that can be read, without the one that is being written. */
function projectOf({ files }: Brief, whole: string, own: string | undefined): CodeFile[] {
  return files.flatMap(({ name, bytes }) => {
    if (!isScript(name) || name === own || bytes.length > mostCharacters) return [];
    const text = new TextDecoder().decode(bytes).replace(/\r\n?/g, "\n");
    return text.trim() === whole.trim() ? [] : [{ name, text }];
  });
}
