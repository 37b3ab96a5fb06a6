import { type Command, defineCommand, type Group } from "../command.ts";
import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { places } from "../completion/tree.ts";
import { zshScript } from "../completion/zsh.ts";
import { exit } from "../exit.ts";
import type { Say } from "../locale.ts";
import { UsageError } from "../usage-error.ts";
import { words } from "../words.ts";

const shells = ["bash", "zsh", "fish"] as const;

export const completion = defineCommand({
  summary: words.command.completion,
  usage: "SHELL",
  takes: [1, 1],
  first: shells,
  options: {},
  examples: [
    'eval "$(inkseal completion bash)"                                   # ~/.bashrc',
    "inkseal completion zsh > ~/.zfunc/_inkseal                          # before compinit",
    "inkseal completion fish > ~/.config/fish/completions/inkseal.fish",
  ],
  run: async ({ words: [shell], screen, say }) => {
    if (!shells.includes(shell as (typeof shells)[number])) {
      throw new UsageError(words.usage.notAChoice("SHELL", shell!, shells.join(", ")));
    }
    screen.raw(await scriptFor(shell as (typeof shells)[number], say));
    return exit.ok;
  },
});

/** The completion script of a shell, printed from the commands' own tables. */
export async function scriptFor(shell: (typeof shells)[number], say: Say): Promise<string> {
  const { commands } = await import("./index.ts");
  const table: Record<string, Command | Group> = {};
  for (const [name, load] of Object.entries(commands)) table[name] = await load();
  const all = places(table);
  if (shell === "bash") return bashScript(all);
  return shell === "zsh" ? zshScript(all, say) : fishScript(all, say);
}
