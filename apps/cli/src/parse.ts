import { parseArgs } from "node:util";
import { type Globals, globalOptions, type Option, type Options } from "./command.ts";
import { nearest } from "./suggest.ts";
import { UsageError } from "./usage-error.ts";
import { words } from "./words.ts";

export interface Parsed {
  readonly options: Readonly<Record<string, unknown>>;
  readonly globals: Globals;
  readonly words: readonly string[];
}

/**
 * Arguments by the options' own table. `--name value`, `--name=value`, `-n value`, `--` ends the options, `-` is a word.
 * Throws UsageError: unknown option (with the one that was probably meant), missing value, number out of range, other choice.
 */
export function parse(argv: readonly string[], options: Options): Parsed {
  const known: Options = { ...options, ...globalOptions };
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(known).map(([name, o]) => [
        name,
        { type: o.kind === "flag" ? ("boolean" as const) : ("string" as const), ...(o.short && { short: o.short }) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(known)) {
    values[name] = option.kind === "flag" ? false : option.kind === "list" ? [] : undefined;
  }
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const option = known[token.name];
    if (option === undefined || !Object.hasOwn(known, token.name)) throw unknownOption(token.rawName, known);
    const value = optionValue(token.rawName, option, token.value, token.inlineValue === true);
    if (option.kind === "list") (values[token.name] as unknown[]).push(value);
    else values[token.name] = value;
  }
  const globals = Object.fromEntries(Object.keys(globalOptions).map((name) => [name, values[name]])) as unknown as Globals;
  return { options: values, globals, words: positionals };
}

function optionValue(rawName: string, option: Option, value: string | undefined, inline: boolean): unknown {
  if (option.kind === "flag") {
    if (value !== undefined) throw new UsageError(words.usage.takesNoValue(rawName));
    return true;
  }
  // `-o --json` is a forgotten value; `--seed -5` and `-o -` are not
  const forgotten = value?.startsWith("-") && value !== "-" && !inline && !/^-\d/.test(value);
  if (value === undefined || value === "" || forgotten) throw new UsageError(words.usage.needsValue(rawName));
  if (option.kind === "choice" && !option.of.includes(value)) {
    throw new UsageError(words.usage.notAChoice(rawName, value, option.of.join(", ")), nearest(value, option.of));
  }
  if (option.kind === "number") {
    const number = Number(value);
    const fits = number >= option.min && number <= option.max && (option.whole !== true || Number.isInteger(number));
    if (!fits) throw new UsageError(words.usage.notANumber(rawName, value, option.min, option.max, option.whole === true));
    return number;
  }
  return value;
}

function unknownOption(rawName: string, known: Options): UsageError {
  const near = rawName.startsWith("--") ? nearest(rawName.slice(2), Object.keys(known)) : undefined;
  return new UsageError(words.usage.unknownOption(rawName), near && `--${near}`);
}
