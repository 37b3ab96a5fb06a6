import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Resolves in the packages of training data, which are too large for everybody's install: they are fetched, by their own lock, when first asked for. */
export function corpora(): NodeJS.Require {
  if (!existsSync(new URL("node_modules", import.meta.url)))
    execFileSync("npm", ["ci", "--workspaces=false"], { cwd: here, stdio: ["ignore", 2, 2] });
  return createRequire(import.meta.url);
}
