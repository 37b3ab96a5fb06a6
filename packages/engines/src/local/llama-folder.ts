import { readdir, stat } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { InksealError } from "@inkseal/core";
import { type GgufInfo, readGguf } from "./gguf.ts";

/** A model or an adapter in the folder. */
export interface LlamaFile {
  /** Its path below the folder without `.gguf` (an adapter's without `.lora` too), parted by `/`. */
  readonly id: string;
  /** The file to load; of a model in several files the first. */
  readonly path: string;
  readonly info: GgufInfo;
  /** All files together. */
  readonly bytes: number;
  /** Changes with the files. */
  readonly stamp: string;
}
export interface LlamaFolderListing {
  readonly models: readonly LlamaFile[];
  /** LoRA. */
  readonly adapters: readonly LlamaFile[];
  /** Files that llama.cpp could not load, by id. */
  readonly broken: ReadonlyMap<string, InksealError>;
}
/** A model with the adapters that it shall wear. */
export interface LlamaChoice {
  readonly model: LlamaFile;
  readonly adapters: readonly { readonly file: LlamaFile; readonly scale: number }[];
}
interface Found {
  readonly id: string;
  readonly paths: readonly string[];
  readonly bytes: number;
  /** Changes with the files. */
  readonly stamp: string;
}

interface Read {
  readonly stamp: string;
  readonly info: Promise<GgufInfo>;
}

/** No folder that people make is deeper; a link that leads in a circle is. */
const deepest = 8;
const loraEnd = /(\.lora)?(\.gguf)?$/i;
const part = /-(\d{5})-of-(\d{5})$/;

/**
 * The GGUF files anywhere below a folder. Several parts (`-00001-of-00003`) count once; `*.mmproj.gguf` are no models;
 * adapters are told by `*.lora.gguf` or by what their header says.
 */
export class LlamaFolder {
  readonly #folder: string;
  #read = new Map<string, Read>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Headers are read once for each change of a file. A folder that is not there is empty. */
  async list(): Promise<LlamaFolderListing> {
    const models: LlamaFile[] = [];
    const adapters: LlamaFile[] = [];
    const broken = new Map<string, InksealError>();
    const read = new Map<string, Read>();
    for (const { id, paths, bytes, stamp } of await this.#find()) {
      const known = this.#read.get(id);
      const info = known?.stamp === stamp ? known.info : headersOf(id, paths);
      read.set(id, { stamp, info });
      try {
        const file = { id, path: paths[0] as string, info: await info, bytes, stamp };
        if (file.info.type === "adapter") adapters.push({ ...file, id: id.replace(/\.lora$/, "") });
        else if (file.info.type === "model") models.push(file);
      } catch (error) {
        broken.set(id, InksealError.from(error));
      }
    }
    this.#read = read;
    return { models, adapters, broken };
  }

  /**
   * The model of a name: its id, with `.gguf` or without, or its absolute path, which must lie in the folder; then
   * `+ADAPTER` or `+ADAPTER@SCALE` (0 to 8) for each LoRA. Throws `unknown-model`, `bad-file`, `bad-request`.
   */
  async choose(name: string): Promise<LlamaChoice> {
    const listing = await this.list();
    const wanted = isAbsolute(name) ? relative(this.#folder, name).split(sep).join("/") : name;
    const whole = one(wanted, listing.models);
    if (whole !== undefined) return { model: whole, adapters: [] };
    // names of models may hold a plus themselves
    for (let at = wanted.indexOf("+"); at > 0; at = wanted.indexOf("+", at + 1)) {
      const model = one(wanted.slice(0, at), listing.models);
      if (model === undefined) continue;
      const worn = wanted.slice(at + 1).split("+");
      return { model, adapters: worn.map((adapter) => wornOf(adapter, model, listing)) };
    }
    const error = listing.broken.get(bare(wanted));
    if (error !== undefined) throw error;
    throw new InksealError("unknown-model", `the models folder has no ${JSON.stringify(name.slice(0, 200))}`, {
      param: "model",
    });
  }

  async #find(): Promise<Found[]> {
    const names: string[] = [];
    await this.#walk("", 0, names);
    const groups = new Map<string, string[]>();
    for (const name of names.sort()) {
      const id = bare(name).replace(part, "");
      groups.set(id, [...(groups.get(id) ?? []), name]);
    }
    const found: Found[] = [];
    for (const [id, files] of groups) {
      if (id.endsWith(".mmproj")) continue;
      const paths = files.map((f) => join(this.#folder, f));
      const stats = await Promise.all(paths.map((p) => stat(p).catch(() => undefined)));
      if (stats.some((s) => s === undefined)) continue; // went while we looked
      found.push({
        id,
        paths,
        bytes: stats.reduce((sum, s) => sum + (s?.size ?? 0), 0),
        stamp: stats.map((s, i) => `${files[i]}:${s?.size}:${s?.mtimeMs}`).join("|"),
      });
    }
    return found;
  }

  async #walk(below: string, depth: number, names: string[]): Promise<void> {
    const entries = await readdir(join(this.#folder, below), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      const name = below === "" ? entry.name : `${below}/${entry.name}`;
      const kind = entry.isSymbolicLink() ? await stat(join(this.#folder, name)).catch(() => undefined) : entry;
      if (kind?.isDirectory() && depth < deepest) await this.#walk(name, depth + 1, names);
      else if (kind?.isFile() && /\.gguf$/i.test(name)) names.push(name);
    }
  }
}

/** The first file's header, once every part was found whole. */
async function headersOf(id: string, paths: readonly string[]): Promise<GgufInfo> {
  const parts = part.exec(bare(paths[0] as string));
  if (parts !== null && Number(parts[2]) !== paths.length)
    throw new InksealError("bad-file", `${id} has ${paths.length} of its ${Number(parts[2])} parts; pull it again`);
  const [first] = await Promise.all(paths.map((path) => readGguf(path)));
  return first as GgufInfo;
}

function wornOf(name: string, model: LlamaFile, { adapters, broken }: LlamaFolderListing): LlamaChoice["adapters"][number] {
  const [, id = name, scale] = /^(.*)@([^@]*)$/.exec(name) ?? [];
  const file = one(name.replace(loraEnd, ""), adapters) ?? one(id.replace(loraEnd, ""), adapters);
  if (file === undefined) {
    const error = broken.get(bare(id)) ?? broken.get(`${bare(id)}.lora`);
    throw (
      error ?? new InksealError("unknown-model", `the models folder has no adapter ${JSON.stringify(id)}`, { param: "model" })
    );
  }
  const factor = scale === undefined || file.id === name.replace(loraEnd, "") ? 1 : Number(scale);
  if (!(factor >= 0 && factor <= 8) || scale === "")
    throw new InksealError("bad-request", `the scale of the adapter ${id} is no number from 0 to 8`, { param: "model" });
  if (file.info.architecture !== model.info.architecture)
    throw new InksealError(
      "bad-request",
      `the adapter ${file.id} is for ${file.info.architecture} models and ${model.id} is of ${model.info.architecture}`,
      { param: "model" },
    );
  return { file, scale: factor };
}

const bare = (name: string): string => name.replace(/\.gguf$/i, "");
const one = (name: string, files: readonly LlamaFile[]): LlamaFile | undefined =>
  files.find((f) => f.id === bare(name) || f.id === bare(name).replace(part, ""));
