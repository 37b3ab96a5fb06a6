// Keeps the house's floors: an import may only point down, or along one of the named sibling edges.
// See docs/architecture.md. `node tools/floors.mjs` lists each offending import; exit code 1 when there is one.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const floor = {
  core: 0,
  codec: 1,
  store: 1,
  client: 1,
  engines: 2,
  guard: 2,
  mark: 2,
  ledger: 2,
  profile: 2,
  lab: 2,
  creators: 2,
  pipeline: 3,
  recipes: 3.5,
  server: 4,
  cli: 4,
  studio: 4,
  testkit: 9,
  bench: 9,
  tools: 9,
  e2e: 9,
  examples: 9,
};
const siblingEdges = new Set(["creators>lab", "engines>creators", "engines>lab", "engines>mark", "guard>lab", "cli>server"]);
/** Small faces beside a package's whole one, for threads, pages and benches that need no more or look inside. */
const smallFaces = new Set([
  "@inkseal/creators/train/code",
  "@inkseal/creators/train/melody",
  "@inkseal/creators/train/molecule",
  "@inkseal/creators/train/verse",
  "@inkseal/creators/verse",
  "@inkseal/mark/draw",
]);
/** Edges that lead to a small face only. */
const smallEdges = new Set(["engines>mark"]);
/** Packages that run unchanged in a browser: no node: imports outside tests and `src/node/`, whose public face is `@inkseal/NAME/node`. */
const browser = new Set(["core", "codec", "guard", "mark", "lab", "creators", "client", "studio"]);

export function offences(files, read) {
  const found = [];
  for (const file of files) {
    const room = /^(?:packages|apps)\/([^/]+)\/|^(testkit|bench|tools|e2e|examples)\//.exec(file);
    const from = room && (room[1] ?? room[2]);
    if (from === null || from === undefined || !(from in floor)) continue;
    const offline = /^packages\/[^/]+\/train\//.test(file); // scripts that people run: no part of what is served
    const node = file.includes("/src/node/") || offline;
    const test = /\.test(-d)?\.tsx?$/.test(file) || file.includes("/test/");
    const text = read(file);
    for (const [, spec] of text.matchAll(/(?:from\s+|import\s*\(\s*|import\s+)["']([^"']+)["']/g)) {
      const to = /^@inkseal\/([^/]+)/.exec(spec)?.[1];
      if (to !== undefined && to !== from) {
        const down = to in floor && floor[to] < floor[from];
        if (!down && !siblingEdges.has(`${from}>${to}`) && !(test && to === "testkit"))
          found.push(`${file}: ${from} may not import ${to}`);
        const small = smallFaces.has(spec);
        if (smallEdges.has(`${from}>${to}`) && !small && !test)
          found.push(`${file}: ${from} may import only a small face of ${to}`);
        if (!small && spec !== `@inkseal/${to}` && !(spec === `@inkseal/${to}/node` && (test || node || !browser.has(from))))
          found.push(`${file}: import ${to} by its public face, not ${spec}`);
      }
      if (!test && !node && browser.has(from) && (spec.startsWith("node:") || /^\.{1,2}\/(.*\/)?node\//.test(spec)))
        found.push(`${file}: ${from} runs in a browser; no ${spec}`);
      if (/\.\.\/\.\.\/(packages|apps)\//.test(spec)) found.push(`${file}: no relative path into another package: ${spec}`);
    }
    if (from !== "guard" && !test && /as\s+(unknown\s+as\s+)?Cleared\b/.test(text))
      found.push(`${file}: only guard may construct Cleared`);
    if (floor[from] < 4 && !test && !offline && /\bMath\.random\(|\bDate\.now\(|process\.env\b/.test(text))
      found.push(`${file}: clock, randomness and environment belong to floor 4 (inject them)`);
  }
  return found;
}

if (process.argv[1] && import.meta.url.endsWith(process.argv[1].split("/").pop())) {
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts", "*.tsx"], { encoding: "utf8" })
    .trim()
    .split("\n");
  const found = offences(
    files.filter((f) => f !== ""),
    (f) => readFileSync(f, "utf8"),
  );
  for (const line of found) console.error(line);
  console.log(`floors: ${files.length} files, ${found.length} offences`);
  process.exitCode = found.length > 0 ? 1 : 0;
}
