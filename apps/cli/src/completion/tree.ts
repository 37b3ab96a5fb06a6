import { type Command, type Group, globalOptions, type Options } from "../command.ts";

/** A place in the command tree as the completion scripts see it. */
export interface Place {
  /** `[]` for the root, `["ledger", "list"]` for a leaf. */
  readonly path: readonly string[];
  readonly commands: readonly { readonly name: string; readonly node: Command | Group }[];
  readonly options: Options;
  readonly first: Command["first"];
}

/** Every place of the tree, root first, groups before their leaves. */
export function places(table: Readonly<Record<string, Command | Group>>): Place[] {
  const found: Place[] = [];
  const visit = (path: readonly string[], node: Command | { commands: Readonly<Record<string, Command | Group>> }): void => {
    const group = "commands" in node;
    const commands = group ? Object.entries(node.commands).map(([name, sub]) => ({ name, node: sub })) : [];
    found.push({
      path,
      commands,
      options: { ...(group ? {} : node.options), ...globalOptions },
      first: group ? undefined : node.first,
    });
    for (const { name, node: sub } of commands) visit([...path, name], sub);
  };
  visit([], { commands: table });
  return found;
}

/** In single quotes for any of the three shells. */
export const quote = (text: string, shell: "posix" | "fish" = "posix"): string =>
  shell === "fish" ? `'${text.replace(/\\/g, "\\\\").replace(/'/g, "\\'")}'` : `'${text.replace(/'/g, "'\\''")}'`;
