import { createInterface } from "node:readline/promises";
import { InksealError } from "@inkseal/core";
import { removalOf, removeModel } from "@inkseal/engines";
import { type Call, defineCommand } from "../command.ts";
import { exit } from "../exit.ts";
import { sizeOf } from "../make/summary.ts";
import { UsageError } from "../usage-error.ts";
import { modelWords as w } from "../words-models.ts";
import { modelsFolder } from "./folder.ts";

export const remove = defineCommand({
  summary: w.remove,
  usage: "MODEL",
  takes: [1, 1],
  options: { yes: { kind: "flag", short: "y", help: w.yes } },
  examples: ["inkseal models remove llama/Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0 --yes"],
  run: async (call) => {
    const { screen, say, options } = call;
    const folder = modelsFolder(call);
    const removal = await removalOf(call.words[0]!, folder);
    const size = sizeOf(removal.bytes);
    if (!options.yes && !(await agrees(call, say(w.question(removal.id, size, removal.files.length, folder))))) {
      screen.line(say(w.stays));
      return exit.ok;
    }
    await removeModel(removal, folder);
    screen.value({ ...removal, folder, removed: true });
    screen.line(say(w.removed(removal.id, size)));
    return exit.ok;
  },
});

/** Asks at the terminal; no answer is no. Throws `cancelled`, and UsageError where there is none to ask or `--json` is said. */
async function agrees({ screen, signal }: Call, question: string): Promise<boolean> {
  if (screen.json || process.stdin.isTTY !== true) throw new UsageError(w.needsYes);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // raw mode gives Ctrl-C to us, not to the system
  const interrupt = new AbortController();
  const closed = new AbortController();
  terminal.once("SIGINT", () => interrupt.abort());
  terminal.once("close", () => closed.abort());
  const stop = AbortSignal.any([signal, interrupt.signal]);
  try {
    return /^\s*(y|yes|是|好)\s*$/i.test(await terminal.question(question, { signal: AbortSignal.any([stop, closed.signal]) }));
  } catch (cause) {
    if (stop.aborted) throw new InksealError("cancelled", "nothing was deleted", { cause });
    return false;
  } finally {
    terminal.close();
  }
}
