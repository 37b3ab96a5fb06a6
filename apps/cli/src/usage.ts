import { type Command, type Group, globalOptions, isGroup, type Option, type Options } from "./command.ts";
import type { Say } from "./locale.ts";
import { pad, width } from "./screen/width.ts";
import { words } from "./words.ts";

/** `inkseal --help`, from summaries alone: no command is loaded. */
export function rootUsage(commands: Readonly<Record<string, Command["summary"]>>, say: Say): string {
  return [
    say(words.title),
    "",
    `${say(words.help.usage)}  inkseal COMMAND [OPTIONS]`,
    "",
    say(words.help.commands),
    ...columns(Object.entries(commands).map(([name, summary]) => [name, say(summary)])),
    "",
    say(words.help.everywhere),
    ...optionLines(globalOptions, say),
    ...columns([["    --version", ""]]).map((l) => l.trimEnd()),
    "",
    say(words.help.exits),
    `  ${say(words.help.exitList)}`,
    "",
    say(words.help.more),
    "",
  ].join("\n");
}

export function groupUsage(name: string, group: Group, say: Say): string {
  return [
    `inkseal ${name}: ${say(group.summary)}`,
    "",
    say(words.help.commands),
    ...columns(Object.entries(group.commands).map(([sub, c]) => [`${name} ${sub} ${c.usage}`.trim(), say(c.summary)])),
    "",
    say(words.help.everywhere),
    ...optionLines(globalOptions, say),
    "",
  ].join("\n");
}

export function commandUsage(name: string, command: Command, say: Say): string {
  const lines = [
    `inkseal ${name}: ${say(command.summary)}`,
    "",
    `${say(words.help.usage)}  inkseal ${name} ${command.usage}`.trimEnd(),
    "",
  ];
  if (Array.isArray(command.first)) lines.push(`  ${firstWord(command.usage)}  ${command.first.join(", ")}`, "");
  if (Object.keys(command.options).length > 0) lines.push(say(words.help.options), ...optionLines(command.options, say), "");
  lines.push(say(words.help.everywhere), ...optionLines(globalOptions, say), "");
  if (command.examples !== undefined) lines.push(say(words.help.examples), ...command.examples.map((e) => `  ${e}`), "");
  lines.push(say(words.help.exits), `  ${say(words.help.exitList)}`, "");
  return lines.join("\n");
}

export function usageOf(name: string, node: Command | Group, say: Say): string {
  return isGroup(node) ? groupUsage(name, node, say) : commandUsage(name, node, say);
}

const firstWord = (usage: string): string => usage.split(" ")[0] ?? "";

function optionLines(options: Options, say: Say): string[] {
  return columns(
    Object.entries(options).map(([name, o]) => [`${o.short ? `-${o.short}, ` : "    "}--${name}${valueName(o)}`, say(o.help)]),
  );
}

/** How an option's value is written in the help, with its range: ` WORD`, ` 0.25..4`, ` a|b`. */
export function valueName(option: Option): string {
  switch (option.kind) {
    case "flag":
      return "";
    case "number":
      return option.max > 1e9 ? " N" : ` ${option.min}..${option.max}`;
    case "choice":
      return ` ${option.of.join("|")}`;
    default:
      return ` ${option.value}`;
  }
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const column = Math.max(...rows.map(([left]) => width(left)));
  return rows.map(([left, right]) => `  ${pad(left, column)}  ${right}`.trimEnd());
}
