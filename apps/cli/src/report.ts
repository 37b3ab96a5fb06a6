import { InksealError } from "@inkseal/core";
import { nextSteps } from "./error-words.ts";
import { type ExitCode, exit, exitOf } from "./exit.ts";
import type { Say } from "./locale.ts";
import type { Screen } from "./screen/screen.ts";
import { words } from "./words.ts";

/** Prints an error (what happened, what to do next, run id) and says which exit code it is. */
export function reportError(thrown: unknown, screen: Screen, say: Say, signal: AbortSignal): ExitCode {
  const error = InksealError.from(fileTrouble(thrown, say) ?? thrown);
  const code = signal.aborted && !InksealError.is(thrown) ? exit.interrupted : exitOf(error.code);
  const next = say(nextSteps[error.code]);
  const run = error.details.run ?? null;
  screen.value({ error: { code: error.code, message: error.message, next, param: error.details.param ?? null, run } });
  if (screen.json) return code;
  if (code === exit.interrupted) {
    screen.note(say(words.error.interrupted));
  } else {
    screen.note(`${screen.paint("red", say(words.error.error), "err")}  ${error.message}`);
    screen.note(`  ${say(words.error.next)}: ${next}`);
  }
  if (run !== null) screen.note(`  ${say(words.error.run)}: ${run}`);
  if (error.code === "internal" && process.env.INKSEAL_DEBUG) screen.note(String((error.cause as Error)?.stack ?? error.cause));
  return code;
}

/** The system's own complaint about a file, in words. */
function fileTrouble(thrown: unknown, say: Say): InksealError | undefined {
  const { code, path, syscall } = (thrown ?? {}) as NodeJS.ErrnoException;
  if (typeof code !== "string" || typeof path !== "string") return undefined;
  const why = {
    ENOENT: words.error.noFile,
    EISDIR: words.error.isFolder,
    EACCES: words.error.notAllowed,
    EPERM: words.error.notAllowed,
    EROFS: words.error.notAllowed,
    ENOSPC: words.error.noRoom,
  }[code];
  if (why === undefined) return undefined;
  const writing = syscall === "rename" || syscall === "write" || syscall === "mkdir" || path.endsWith(".part");
  const text = writing ? words.error.cannotWrite(path, say(why)) : words.error.cannotRead(path, say(why));
  return new InksealError("bad-file", say(text), { cause: thrown });
}
