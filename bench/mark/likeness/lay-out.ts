/**
 * `node --import tsx bench/mark/likeness/lay-out.ts CLONES FOLDER`: copies the pictures of `sources.ts` out of Git clones into FOLDER/SOURCE/, where the
 * benchmark (`INKSEAL_PICTURES=FOLDER`) and `train.ts` look for them. A clone lies in CLONES/OWNER+NAME, or in `repo` below it, bare or not.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import sharp from "sharp";
import { cameraOf } from "./camera.ts";
import { type Source, sources } from "./sources.ts";

/** Pixels of the shorter side below which nothing is taken. */
const leastSide = 300;
const [clones, folder] = process.argv.slice(2);
if (clones === undefined || folder === undefined) {
  console.error("usage: lay-out.ts CLONES FOLDER");
  process.exit(2);
}

const git = (place: string, ...args: string[]): Buffer =>
  execFileSync("git", ["-C", place, ...args], { maxBuffer: 256 * 1024 * 1024, stdio: ["ignore", "pipe", "ignore"] });

function placeOf(repository: string): string | undefined {
  const base = join(clones!, repository.replace("/", "+"));
  return [join(base, "repo/.git"), join(base, "repo"), join(base, ".git"), base].find((p) => existsSync(join(p, "HEAD")));
}

/** Blobs of a repository's newest commit whose paths match, each once. */
function blobsOf(place: string, paths: RegExp): [string, string][] {
  const list = git(place, "ls-tree", "-r", "-z", "HEAD").toString().split("\0");
  const entries = list.map((line) => /^\d+ blob (\w+)\t(.*)$/s.exec(line)).filter((m) => m !== null && paths.test(m[2]!));
  return [...new Map(entries.map((m) => [m![1]!, m![2]!]))];
}

async function fits(bytes: Buffer, { proof, cut }: Source): Promise<boolean> {
  const { width = 0, height = 0, exif, space } = await sharp(bytes).metadata();
  if (Math.min(width, height) < leastSide || space === "b-w" || (cut === "quarter" && (width !== 1024 || height !== 1024)))
    return false;
  const { make, exposure } = cameraOf(exif);
  if (proof === "camera") return make !== "" && exposure;
  if (proof === "flux") return make === "flux";
  return proof === undefined || bytes.includes("tEXtprompt\0") || bytes.includes("tEXtworkflow\0");
}

for (const source of sources) {
  const all = source.repositories.flatMap((repository) => {
    const place = placeOf(repository);
    if (place === undefined) console.error(`${source.name}: no clone of ${repository}`);
    return place === undefined ? [] : blobsOf(place, source.paths).map(([blob, path]) => ({ place, blob, path }));
  });
  const to = join(folder, source.name);
  mkdirSync(to, { recursive: true });
  let taken = 0;
  // every second, then the ones between …: spread over the list whatever does not fit
  for (const { place, blob, path } of spread(all)) {
    if (taken === source.most) break;
    try {
      const bytes = git(place, "cat-file", "blob", blob);
      if (!(await fits(bytes, source))) continue;
      writeFileSync(join(to, `${blob.slice(0, 12)}${extname(path).toLowerCase()}`), bytes);
      taken++;
    } catch {
      // the largest files may be missing from a clone, and some pictures are broken on purpose
    }
  }
  console.log(`${source.name}: ${taken} of ${all.length}`);
}

/** In an order in which every beginning is spread evenly over the whole (van der Corput 1935). */
function spread<T>(list: readonly T[]): T[] {
  const turned = (i: number): number => {
    let [value, by] = [0, 0.5];
    for (let n = i; n > 0; n >>= 1, by /= 2) value += (n & 1) * by;
    return value;
  };
  const order = list.map((_, i) => turned(i));
  const rank = order.map((_, i) => i).sort((a, b) => order[a]! - order[b]!);
  const out: T[] = [];
  rank.forEach((at, i) => {
    out[at] = list[i]!;
  });
  return out;
}
