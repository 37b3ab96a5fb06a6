// `npm start`: builds the Studio when it is missing or its sources have changed since, then serves.
// The sources' digest lies beside the built page, so that an unchanged page starts at once.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const studio = join(root, "apps/studio");
const stamp = join(studio, "dist/.sources");
/** What the page is built from: the studio, and what it imports of ours. */
const sources = [
  "apps/studio/src",
  "apps/studio/public",
  "apps/studio/index.html",
  "apps/studio/vite.config.ts",
  "packages/client/src",
  "packages/core/src",
  "package-lock.json",
];

const digest = digestOf(sources);
if (!existsSync(join(studio, "dist/index.html")) || readText(stamp) !== digest) build();

// in this process, so that signals reach the server and nothing stands between
process.argv.splice(1, 1, join(root, "apps/cli/bin/inkseal.mjs"), "serve");
await import("../apps/cli/bin/inkseal.mjs");

function build() {
  const startedAt = performance.now();
  process.stderr.write("building the Studio… ");
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [vite, "build", "--logLevel", "warn"], {
    cwd: studio,
    encoding: "utf8",
  });
  if (status !== 0) {
    // the API serves without the page
    process.stderr.write(`failed; serving the API without it\n${stdout}${stderr}\n`);
    return;
  }
  writeFileSync(stamp, digest);
  process.stderr.write(`${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
}

function digestOf(paths) {
  const hash = createHash("sha256");
  for (const path of paths.flatMap(filesUnder))
    hash
      .update(path)
      .update("\0")
      .update(readFileSync(join(root, path)))
      .update("\0");
  return hash.digest("hex");
}

function filesUnder(path) {
  const full = join(root, path);
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full)
    .sort()
    .flatMap((name) => filesUnder(`${path}/${name}`));
}

function readText(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
