import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Globals } from "../command.ts";

/** What a serving process leaves in the home folder (`serve.json`, 0600). */
export interface ServeSign {
  readonly pid: number;
  readonly url: string;
  readonly token: string;
}

/** `--home`, `$INKSEAL_HOME`, or `~/.inkseal`; as the server's `homeFolder`, without loading the server. */
export const homeOf = (call: { readonly globals: Globals; readonly env: NodeJS.ProcessEnv }): string =>
  call.globals.home ?? call.env.INKSEAL_HOME ?? join(homedir(), ".inkseal");

/** The server that runs on this data folder. A sign left by a process that is gone counts as none. */
export async function findServer(home: string): Promise<ServeSign | undefined> {
  let sign: ServeSign;
  try {
    sign = JSON.parse(await readFile(join(home, "serve.json"), "utf8")) as ServeSign;
  } catch {
    return undefined; // no sign, or one being written
  }
  if (!Number.isInteger(sign.pid) || typeof sign.url !== "string" || typeof sign.token !== "string") return undefined;
  if (!isAlive(sign.pid)) return undefined;
  // a process number may have been given to somebody else since: ask
  const answers = await fetch(`${sign.url}/api/health`, {
    headers: { authorization: `Bearer ${sign.token}` },
    signal: AbortSignal.timeout(5_000),
  }).then(
    (r) => r.ok,
    () => false,
  );
  return answers ? sign : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
