import { type Command, type Group, globalOptions, isGroup, type Options } from "./command.ts";
import { commands, summaries, version } from "./commands/index.ts";
import { type ExitCode, exit } from "./exit.ts";
import { type Say, sayIn, terminalLocale } from "./locale.ts";
import { parse } from "./parse.ts";
import { Screen } from "./screen/screen.ts";
import { nearest } from "./suggest.ts";
import { rootUsage, usageOf } from "./usage.ts";
import { UsageError } from "./usage-error.ts";
import { words } from "./words.ts";

/** The world that a command line runs in. */
export interface World {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Screen["stdout"];
  readonly stderr: Screen["stderr"];
  /** Aborts when the user wants to stop. */
  readonly signal: AbortSignal;
}

/** Runs one command line and says how it ended. Never throws. */
export async function runCli(argv: readonly string[], world: World): Promise<ExitCode> {
  const screen = new Screen(argv.includes("--json"), world.env, world.stdout, world.stderr);
  const at: { path: string } = { path: "inkseal" };
  const say = sayIn(terminalLocale(world.env, langOf(argv)));
  try {
    return await descend(at, { summary: words.title, commands: {} }, argv, { ...world, screen, say });
  } catch (error) {
    return report(error, at.path, screen, say, world.signal);
  }
}

type Surroundings = World & { readonly screen: Screen; readonly say: Say };

/** From the root through groups down to a leaf, by the first word each time. */
async function descend(
  at: { path: string },
  node: Command | Group,
  argv: readonly string[],
  world: Surroundings,
): Promise<ExitCode> {
  const { screen, say } = world;
  if (!isGroup(node)) return runLeaf(at.path.slice("inkseal ".length), node, argv, world);
  const root = at.path === "inkseal";
  const place = firstWord(argv);
  if (place < 0) {
    if (root && argv.includes("--version")) return tell(screen, version, { version });
    const { globals } = parse(argv, {});
    (globals.help ? screen.stdout : screen.stderr).write(
      root ? rootUsage(summaries, say) : usageOf(at.path.slice(8), node, say),
    );
    return globals.help ? exit.ok : exit.usage;
  }
  const name = argv[place]!;
  const table: Readonly<Record<string, unknown>> = root ? commands : node.commands;
  if (!Object.hasOwn(table, name)) throw new UsageError(words.usage.unknownCommand(name), nearest(name, Object.keys(table)));
  const found = root ? await commands[name as keyof typeof commands]() : node.commands[name]!;
  at.path = `${at.path} ${name}`;
  return descend(at, found, [...argv.slice(0, place), ...argv.slice(place + 1)], world);
}

async function runLeaf(name: string, command: Command, argv: readonly string[], world: Surroundings): Promise<ExitCode> {
  const { options, globals, words: given } = parse(argv, command.options);
  if (globals.help) {
    world.screen.raw(usageOf(name, command, world.say));
    return exit.ok;
  }
  const [least, most] = command.takes;
  if (given.length < least) throw new UsageError(words.usage.tooFewWords);
  if (given.length > most) throw new UsageError(words.usage.tooManyWords(given[most]!));
  const locale = terminalLocale(world.env, globals.lang);
  return command.run({ ...world, options: options as never, words: given, globals, locale });
}

/** Where the first word is that is neither an option nor a global option's value; -1 when there is none. */
function firstWord(argv: readonly string[]): number {
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (!arg.startsWith("-")) return i;
    const option = (globalOptions as Options)[arg.slice(2)];
    if (option !== undefined && option.kind !== "flag") i++;
  }
  return -1;
}

function tell(screen: Screen, text: string, value: unknown): ExitCode {
  screen.line(text);
  screen.value(value);
  return exit.ok;
}

function langOf(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((a) => a === "--lang" || a.startsWith("--lang="));
  return at < 0 ? undefined : argv[at]!.includes("=") ? argv[at]!.slice(7) : argv[at + 1];
}

/** What happened, what to do next, and the run's id: on standard error, or as JSON. */
async function report(thrown: unknown, path: string, screen: Screen, say: Say, signal: AbortSignal): Promise<ExitCode> {
  if (thrown instanceof UsageError) {
    const next = [thrown.meant && say(words.usage.meant(thrown.meant)), say(words.usage.see(path))].filter(Boolean);
    screen.value({
      error: { code: "usage", message: say(thrown.what), next: next.join(" "), meant: thrown.meant ?? null, run: null },
    });
    if (!screen.json) {
      screen.note(`${screen.paint("red", say(words.error.error), "err")}  ${say(thrown.what)}`);
      for (const line of next) screen.note(`  ${line}`);
    }
    return exit.usage;
  }
  return (await import("./report.ts")).reportError(thrown, screen, say, signal);
}
