// Everything that is not a test: format and lint, floors, types. Stops at nothing, exits 1 when any failed.
import { spawnSync } from "node:child_process";

let failed = 0;
for (const [name, ...command] of [
  ["lint", "npx", "biome", "check", "--error-on-warnings", "."],
  ["floors", "node", "tools/floors.mjs"],
  ["types", "npx", "tsc", "--noEmit"],
]) {
  const { status } = spawnSync(command[0], command.slice(1), { stdio: "inherit" });
  console.log(`${name}: ${status === 0 ? "ok" : "failed"}`);
  if (status !== 0) failed++;
}
process.exitCode = failed > 0 ? 1 : 0;
