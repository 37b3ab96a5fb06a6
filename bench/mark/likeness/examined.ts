import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { seededRandom } from "@inkseal/lab";
import { featuresOf } from "@inkseal/mark";
import { kept } from "../../kept.ts";
import { type Source, sources } from "./sources.ts";
import { type View, viewsOf } from "./views.ts";

/** What the detector sees of a view of a picture. */
export interface Examined {
  readonly source: string;
  readonly kind: Source["kind"];
  readonly part: Source["part"];
  /** Within its source. */
  readonly picture: string;
  readonly view: View["name"];
  /** Undefined where it has nothing to say. */
  readonly features: readonly number[] | undefined;
}

/** What they depend on: not the model, which is made of them. */
const statistics = ["cooccurrence", "features", "residual", "spectrum", "texture", "tiles", "tone"];

interface Options {
  readonly fresh: boolean;
  readonly parts: readonly Source["part"][];
  /** Pictures of a source at most. */
  readonly most: number;
  log(line: string): void;
}

/** What is in a folder that `lay-out.ts` made. Kept until a source of the features or of the views changes. */
export async function examined(folder: string, { fresh, parts, most, log }: Options): Promise<Examined[]> {
  const all: Examined[] = [];
  for (const source of sources.filter((s) => parts.includes(s.part))) {
    const files = (await readdir(join(folder, source.name)).catch(() => [])).sort().slice(0, most);
    const depends = [...statistics.map((file) => `packages/mark/src/likelihood/${file}.ts`), "bench/mark/likeness/views.ts"];
    const { value, now } = await kept(`likeness-${source.name}-${files.length}`, { sources: depends, fresh }, async () => {
      const rows: Examined[] = [];
      for (const file of files) rows.push(...(await viewsExamined(join(folder, source.name, file), file, source)));
      return rows;
    });
    if (now) log(`  ${source.name}: ${files.length} pictures, ${value.length} views`);
    all.push(...value);
  }
  return all;
}

async function viewsExamined(path: string, picture: string, source: Source): Promise<Examined[]> {
  const random = seededRandom(Number.parseInt(picture.slice(0, 8), 16));
  try {
    const views = await viewsOf(await readFile(path), source, () => random());
    const { name, kind, part } = source;
    return views.map(({ name: view, raster }) => ({
      source: name,
      kind,
      part,
      picture,
      view,
      features: featuresOf(raster)?.map((f) => Math.round(f * 1e4) / 1e4),
    }));
  } catch {
    return []; // broken on purpose, or grey
  }
}
