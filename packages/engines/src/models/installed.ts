import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { InksealError } from "@inkseal/core";
import { readGguf } from "../local/gguf.ts";
import { readState } from "./part.ts";
import { readRecord } from "./record.ts";
import { idOf, isGguf, partOf } from "./split-name.ts";

/** A model on this disk. */
export interface InstalledModel {
  /** Its path below the folder; a GGUF's without `.gguf` and the number of its part. */
  readonly id: string;
  readonly kind: "gguf" | "onnx";
  /** Below the folder, parted by `/`. */
  readonly files: readonly string[];
  /** All files together. */
  readonly bytes: number;
  /** `model`, `adapter` (LoRA), `mmproj`, as a GGUF says of itself. */
  readonly type?: string;
  readonly architecture?: string;
  /** Tokens it was trained for. */
  readonly context?: number;
  readonly licence?: string;
  /** Where it was pulled from. */
  readonly from?: string;
  /** Why it cannot be loaded. */
  readonly broken?: string;
}
/** A pull that was interrupted. */
export interface Unfinished {
  /** The file that it will be, below the folder. */
  readonly file: string;
  readonly bytes: number;
  readonly total?: number;
}
export interface Installed {
  readonly models: readonly InstalledModel[];
  readonly unfinished: readonly Unfinished[];
}
/** No folder that people make is deeper; a link that leads in a circle is. */
const deepest = 8;

/** What lies in the models folder, by id. A folder that is not there is empty. */
export async function installedModels(folder: string): Promise<Installed> {
  const sizes = new Map<string, number>();
  await walk(folder, "", 0, sizes);
  const names = [...sizes.keys()].sort();
  const groups = new Map<string, string[]>();
  for (const name of names) if (isGguf(name)) groups.set(idOf(name), [...(groups.get(idOf(name)) ?? []), name]);
  const sum = (files: readonly string[]): number => files.reduce((all, f) => all + (sizes.get(f) ?? 0), 0);
  const models: InstalledModel[] = [];
  for (const [id, files] of groups)
    models.push({ id, kind: "gguf", files, bytes: sum(files), ...(await saysOf(folder, id, files)) });
  for (const id of onnxFolders(names)) {
    const files = names.filter((n) => n.startsWith(`${id}/`) && !isGguf(n) && !n.endsWith(".part"));
    const from = (await readRecord(join(folder, id, "config.json")))?.from;
    models.push({ id, kind: "onnx", files, bytes: sum(files), ...(from && { from }) });
  }
  const unfinished: Unfinished[] = [];
  for (const name of names) {
    if (!name.endsWith(".part")) continue;
    const file = name.slice(0, -".part".length);
    const total = (await readState(join(folder, file)))?.size;
    unfinished.push({ file, bytes: sizes.get(name) ?? 0, ...(total !== undefined && { total }) });
  }
  return { models: models.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)), unfinished };
}

async function saysOf(folder: string, id: string, files: readonly string[]): Promise<Partial<InstalledModel>> {
  const first = join(folder, files[0] ?? "");
  const from = (await readRecord(first))?.from;
  const origin = from === undefined ? {} : { from: from.replace(/[?#].*$/s, "") };
  const parts = partOf(files[0] ?? "")?.[1] ?? 1;
  if (parts !== files.length) return { ...origin, broken: `${id} has ${files.length} of its ${parts} parts; pull it again` };
  try {
    const { type, architecture, context, licence } = await readGguf(first);
    return {
      ...origin,
      type,
      architecture,
      ...(context !== undefined && { context }),
      ...(licence !== undefined && { licence }),
    };
  } catch (error) {
    return { ...origin, broken: InksealError.from(error).message };
  }
}

/** Folders with a configuration and a graph: what the ONNX engine takes for a model. */
function onnxFolders(names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const id = /^(.+)\/config\.json$/.exec(name)?.[1];
    return id !== undefined && names.some((n) => n.startsWith(`${id}/onnx/`) && n.endsWith(".onnx")) ? [id] : [];
  });
}

async function walk(folder: string, below: string, depth: number, sizes: Map<string, number>): Promise<void> {
  const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    const info = await stat(join(folder, name)).catch(() => undefined); // of a link: what it leads to
    if (info?.isDirectory() && depth < deepest) await walk(folder, name, depth + 1, sizes);
    else if (info?.isFile()) sizes.set(name, info.size);
  }
}
