import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { cleanSource, isReadable } from "./clean.ts";
import { isHeldOut } from "./split.ts";

/** A source file of an installed package. */
export interface Source {
  /** Where it was found: its path below node_modules, and for one out of a source map the name the map gives it. */
  readonly path: string;
  readonly text: string;
}
export interface SourcePackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly sources: readonly Source[];
}

/** Licences that let everybody use, change and pass on what they cover. */
const permissive =
  /^(MIT|MIT-0|ISC|0BSD|BSD-2-Clause|BSD-3-Clause|Apache-2\.0|BlueOak-1\.0\.0|\(?(MIT OR Apache-2\.0|Apache-2\.0 OR MIT)\)?)$/;
/** Characters that one package may give, by kind: nobody's habits should be the whole lesson. */
const most = { ts: 700_000, js: 300_000, dts: 60_000 };
type Kind = keyof typeof most;

/**
 * What the packages of package-lock.json hold in TypeScript and JavaScript as people wrote it: TypeScript files and TypeScript inside source
 * maps; JavaScript only of packages that ship no TypeScript; of the same file twice, one. Deterministic for a lock file, and with `only`
 * (`name@version` each) also for later ones that still have those.
 */
export function installedSources(root: string, only?: ReadonlySet<string>): SourcePackage[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version?: string; license?: string; link?: boolean }>;
  };
  const seen = new Set<string>();
  const seenLines = new Set<string>();
  const found: SourcePackage[] = [];
  const places = Object.entries(lock.packages)
    .filter(([path]) => path.startsWith("node_modules/"))
    .map(([path, entry]) => ({ path, name: path.split("node_modules/").at(-1)!, ...entry }));
  // those held out first: what others copied of them is then a copy
  const order = (p: { path: string; name: string }) => `${isHeldOut(p.name) ? 0 : 1}${p.path}`;
  for (const { path, name, version = "", license = "", link } of places.sort((a, b) => (order(a) < order(b) ? -1 : 1))) {
    if (link === true || !permissive.test(license) || !existsSync(join(root, path))) continue;
    if (only !== undefined && !only.has(`${name}@${version}`)) continue;
    const sources = packageSources(root, path, seen, seenLines);
    if (sources.length > 0) found.push({ name, version, licence: license, sources });
  }
  return found;
}

/** The packages that a model learnt from, as `packages.txt` beside its weights lists them; undefined where there is none. */
export function listedPackages(folder: string): ReadonlySet<string> | undefined {
  const path = join(folder, "packages.txt");
  if (!existsSync(path)) return undefined;
  return new Set(
    readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]!),
  );
}

/** Changes with any file that is trained on. */
export function sourcesDigest(packages: readonly SourcePackage[]): string {
  const hash = createHash("sha256");
  for (const { name, version, sources } of packages)
    for (const { path, text } of sources) hash.update(`${name}@${version}/${path}\0${text}\0`);
  return hash.digest("hex");
}

function packageSources(root: string, place: string, seen: Set<string>, seenLines: Set<string>): Source[] {
  const all: (Source & { kind: Kind })[] = [];
  for (const file of filesBelow(join(root, place))) {
    const path = file.slice(join(root, "node_modules").length + 1);
    if (/\.min\.|[/.](test|spec|bench)\.|\/(__tests__|tests?|fixtures?|benchmarks?|umd|iife)\//.test(path)) continue;
    if (path.endsWith(".map")) all.push(...mapSources(path, readFileSync(file, "utf8")));
    else if (/\.(ts|tsx|mts|cts|js|mjs|cjs|jsx)$/.test(path) && statSync(file).size < 200_000)
      all.push({ path, text: readFileSync(file, "utf8"), kind: kindOf(path) });
  }
  const rank = (k: Kind) => ["ts", "js", "dts"].indexOf(k);
  // ES modules before CommonJS, so that of both one writes `import`
  const form = (path: string) => (extname(path) === ".mjs" || /\/(esm|es|src)\//.test(path) ? 0 : 1);
  all.sort((a, b) => rank(a.kind) - rank(b.kind) || form(a.path) - form(b.path) || (a.path < b.path ? -1 : 1));
  const typed = all.some(({ kind }) => kind === "ts");
  const left = { ...most };
  const stems = new Set<string>();
  const kept: Source[] = [];
  for (const { path, text, kind } of all) {
    if (typed && kind !== "ts") continue;
    const stem = path.replace(/\/(dist|esm|cjs|es|lib|src|build|mjs|commonjs)(?=\/)/g, "").replace(/(\.d)?\.[a-z]+$/, "");
    if (stems.has(stem)) continue;
    const source = cleanSource(text);
    if (source.length < 300 || source.length > 120_000 || !isReadable(source) || source.length > left[kind]) continue;
    if (isCopy(source, seen, seenLines)) continue;
    stems.add(stem);
    left[kind] -= source.length;
    kept.push({ path, text: source });
  }
  return kept;
}

/** Whether this text, or more than half of its longer lines, was there before. Remembers it. */
function isCopy(text: string, seen: Set<string>, seenLines: Set<string>): boolean {
  const digest = createHash("sha256").update(text.replace(/\s+/g, " ")).digest("base64");
  if (seen.has(digest)) return true;
  seen.add(digest);
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.length >= 24);
  const old = lines.filter((line) => seenLines.has(line)).length;
  for (const line of lines) seenLines.add(line);
  return old > lines.length / 2;
}

function mapSources(path: string, json: string): (Source & { kind: Kind })[] {
  let map: { sources?: unknown; sourcesContent?: unknown };
  try {
    map = JSON.parse(json);
  } catch {
    return [];
  }
  const { sources, sourcesContent } = map;
  if (!Array.isArray(sources) || !Array.isArray(sourcesContent)) return [];
  return sources.flatMap((name: unknown, i) => {
    const text: unknown = sourcesContent[i];
    if (typeof name !== "string" || typeof text !== "string" || /node_modules|\.(test|spec)\./.test(name)) return [];
    return /\.(ts|tsx|mts)$/.test(name) ? [{ path: `${path}#${name}`, text, kind: kindOf(name) }] : [];
  });
}

const kindOf = (path: string): Kind => (/\.d\.[mc]?ts$/.test(path) ? "dts" : /\.[mc]?tsx?$/.test(path) ? "ts" : "js");

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name === "node_modules" || entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}
