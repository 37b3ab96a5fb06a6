import type { Locale, Localised } from "@inkseal/core";
import type { ExitCode } from "./exit.ts";
import type { Say } from "./locale.ts";
import type { Screen } from "./screen/screen.ts";

interface Described {
  readonly help: Localised;
  /** One letter. */
  readonly short?: string;
}
export type Option =
  | (Described & { readonly kind: "flag" })
  | (Described & { readonly kind: "text"; readonly value: string })
  | (Described & { readonly kind: "file"; readonly value: string })
  | (Described & { readonly kind: "list"; readonly value: string; readonly file?: boolean })
  | (Described & { readonly kind: "choice"; readonly of: readonly string[] })
  | (Described & { readonly kind: "number"; readonly min: number; readonly max: number; readonly whole?: boolean });
export type Options = Readonly<Record<string, Option>>;

/** What the parser makes of an option. */
export type Value<O extends Option> = O["kind"] extends "flag"
  ? boolean
  : O["kind"] extends "number"
    ? number | undefined
    : O["kind"] extends "list"
      ? readonly string[]
      : O extends { readonly of: readonly (infer C)[] }
        ? C | undefined
        : string | undefined;
export type Values<O extends Options> = { readonly [K in keyof O]: Value<O[K]> };

/** Options that every command takes. */
export const globalOptions = {
  json: { kind: "flag", help: { "zh-CN": "在标准输出上给出 JSON，别无其他", en: "JSON on standard output, and nothing else" } },
  lang: {
    kind: "choice",
    of: ["zh-CN", "en"],
    help: { "zh-CN": "消息的语言（默认看 LANG）", en: "language of messages (default: LANG)" },
  },
  home: {
    kind: "file",
    value: "DIR",
    help: { "zh-CN": "数据目录（默认 $INKSEAL_HOME 或 ~/.inkseal）", en: "data folder (default: $INKSEAL_HOME or ~/.inkseal)" },
  },
  help: { kind: "flag", short: "h", help: { "zh-CN": "显示帮助", en: "show help" } },
} as const satisfies Options;
export type Globals = Values<typeof globalOptions>;

/** What a command is run with. */
export interface Call<O extends Options = Options> {
  readonly options: Values<O>;
  readonly words: readonly string[];
  readonly globals: Globals;
  readonly screen: Screen;
  readonly say: Say;
  readonly locale: Locale;
  readonly env: NodeJS.ProcessEnv;
  /** Aborts at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

/** A leaf of the command tree: data for the parser, the help and the completion scripts, and what it does. */
export interface Command<O extends Options = Options> {
  readonly summary: Localised;
  /** After `inkseal NAME`: `TASK "words" -o FILE`. */
  readonly usage: string;
  readonly options: O;
  /** How many words it takes. */
  readonly takes: readonly [least: number, most: number];
  /** Values of the first word, for completion and for the help; `files` completes file names. */
  readonly first?: readonly string[] | "files";
  readonly examples?: readonly string[];
  readonly run: (call: Call<O>) => Promise<ExitCode>;
}
/** A command that only holds others: `inkseal ledger list`. */
export interface Group {
  readonly summary: Localised;
  readonly commands: Readonly<Record<string, Command>>;
}

/** Keeps the options' types for `run`. */
export function defineCommand<const O extends Options>(command: Command<O>): Command {
  return command as unknown as Command;
}
export const isGroup = (node: Command | Group): node is Group => "commands" in node;
