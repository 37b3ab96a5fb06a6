import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { GlobalFonts } from "@napi-rs/canvas";

const family = "@fontsource-variable/noto-serif-sc";
/** Where a machine without that package's file for a character looks. */
const others = ["Noto Serif CJK SC", "Noto Serif CJK JP", "Noto Sans CJK SC", "Noto Sans CJK JP", "Songti SC", "PingFang SC", "SimSun", "Microsoft YaHei", "DejaVu Serif", "serif"]; // biome-ignore format: one idea

interface Subset {
  readonly file: string;
  readonly ranges: readonly (readonly [number, number])[];
}
let folder: string | undefined;
let subsets: Promise<readonly Subset[]> | undefined;
const registered = new Set<string>();

/** The package's files: a hundred, each for some characters, as pages load them. */
async function subsetsOf(): Promise<readonly Subset[]> {
  folder = dirname(createRequire(import.meta.url).resolve(`${family}/package.json`));
  const listed = JSON.parse(await readFile(join(folder, "unicode.json"), "utf8")) as Record<string, string>;
  return Object.entries(listed).map(([name, ranges]) => ({
    file: `noto-serif-sc-${name.replace(/[[\]]/g, "")}-wght-normal.woff2`,
    ranges: ranges.split(",").map((range) => {
      const [from, to] = range
        .replace(/^U\+/i, "")
        .split("-")
        .map((point) => Number.parseInt(point, 16));
      return [from!, to ?? from!] as const;
    }),
  }));
}

/**
 * Font families, as CSS lists them, that hold every character of these words: Noto Serif SC out of its npm package (OFL-1.1), so that
 * captions look the same on every machine; only the files that these characters need are loaded.
 */
export async function familiesFor(words: string, fonts: typeof GlobalFonts): Promise<string> {
  const all = await (subsets ??= subsetsOf()).catch(() => []);
  const points = [...new Set([...words, ..."Aa1，。"].map((c) => c.codePointAt(0)!))];
  const names: string[] = [];
  for (const { file, ranges } of all) {
    if (!points.some((p) => ranges.some(([from, to]) => p >= from && p <= to))) continue;
    const name = `Inkseal ${file.split("-")[3]}`;
    if (!registered.has(name) && fonts.registerFromPath(join(folder!, "files", file), name) === null) continue;
    registered.add(name);
    names.push(name);
  }
  return [...names, ...others].map((n) => `"${n}"`).join(", ");
}

/** The font that captions are set in, for people: the package's, or the first that this machine has. */
export async function captionFont(): Promise<{ readonly name: string; readonly inside: boolean } | undefined> {
  const { GlobalFonts } = await import("@napi-rs/canvas");
  if ((await subsetsOf().catch(() => [])).length > 0) return { name: "Noto Serif SC", inside: true };
  const here = new Set(GlobalFonts.families.map((f) => f.family));
  const name = others.find((o) => here.has(o));
  return name === undefined ? undefined : { name, inside: false };
}
