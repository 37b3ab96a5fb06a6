import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { InksealError, type InputFile } from "@inkseal/core";
import type { TrainConfig } from "@inkseal/lab";
import { trainingFile } from "@inkseal/pipeline";
import { confine } from "./confine.ts";

type Config = Readonly<Record<string, unknown>>;

/** What a training learns from, as it came: a path below the training's folder and the bytes. */
interface DataFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}
/** A file of a finished model: its name in an archive, where it lies, bytes. */
export interface ModelFile {
  readonly name: string;
  readonly path: string;
  readonly size: number;
}

/** The trainings' folders below the Lab's: in each its configuration, its data, and what the training writes. */
export class TrainingFiles {
  readonly #lab: string;

  constructor(lab: string) {
    this.#lab = lab;
  }

  /** A training's own folder. */
  folder(name: string): string {
    return join(this.#lab, name);
  }
  log(name: string): string {
    return join(this.folder(name), "log.jsonl");
  }

  /** All that have a configuration. */
  async names(): Promise<string[]> {
    const entries = await readdir(this.#lab, { withFileTypes: true }).catch(() => []);
    const named = await Promise.all(
      entries.map(async (e) => {
        const known = e.isDirectory() && (await stat(join(this.folder(e.name), trainingFile)).catch(() => undefined));
        return known ? [e.name] : [];
      }),
    );
    return named.flat();
  }

  /** As it was given. Throws `not-found`. */
  async config(name: string): Promise<Record<string, unknown>> {
    try {
      return JSON.parse(await readFile(join(this.folder(name), trainingFile), "utf8")) as Record<string, unknown>;
    } catch (cause) {
      throw new InksealError("not-found", "the Lab has no training of that name", { param: "name", cause });
    }
  }

  /** A configuration as it is run: whole, its paths within the Lab's folder. Throws `bad-request` and `forbidden`. */
  async read(name: string, config: Config): Promise<TrainConfig> {
    const { readTrainConfig } = await import("@inkseal/lab/node");
    return readTrainConfig(confine(config, this.#lab, this.folder(name)));
  }

  /** Of the finished model; empty while there is none. */
  async model(name: string): Promise<ModelFile[]> {
    const folder = join(this.folder(name), "model");
    const names = await readdir(folder).catch((): string[] => []);
    if (!names.includes("config.json")) return [];
    const files = await Promise.all(
      names.sort().map(async (file) => {
        const path = join(folder, file);
        const found = file.endsWith(".partial") ? undefined : await stat(path).catch(() => undefined);
        return found === undefined ? [] : [{ name: `model/${file}`, path, size: found.size }]; // one that is being written comes and goes
      }),
    );
    return files.flat();
  }

  /** Throws `conflict` for a name that a folder has already. */
  async checkFree(name: string): Promise<void> {
    if (name === "checkpoints" || (await stat(this.folder(name)).catch(() => undefined)) !== undefined)
      throw new InksealError("conflict", `the Lab has a folder ${JSON.stringify(name)} already; choose another name`, {
        param: "name",
      });
  }

  /** Makes the folder of a new training. Throws `disk-full`; nothing is left then. */
  async create(name: string, config: object, data: readonly DataFile[]): Promise<void> {
    const folder = this.folder(name);
    try {
      await mkdir(join(folder, "data"), { recursive: true });
      for (const { path, bytes } of data) await writeFile(join(folder, path), bytes);
      await writeFile(join(folder, trainingFile), `${JSON.stringify(config, null, 2)}\n`);
    } catch (cause) {
      await this.remove(name);
      throw (cause as { code?: string }).code === "ENOSPC"
        ? new InksealError("disk-full", "there is no room for the training's data", { cause })
        : cause;
    }
  }

  async remove(name: string): Promise<void> {
    await rm(this.folder(name), { recursive: true, force: true });
  }
}

/** Words and files as a training's data: where each will lie, and the configuration's `data` that names them (none where nothing came). */
export function dataOf(
  text: string | undefined,
  files: readonly InputFile[],
): { readonly data: readonly DataFile[]; readonly sources: { readonly data?: readonly { readonly path: string }[] } } {
  const data = [
    ...(text === undefined ? [] : [{ path: "data/text.txt", bytes: Buffer.from(text) }]),
    ...files.map(({ name, bytes }, i) => ({ path: `data/${i}${extname(name).toLowerCase()}`, bytes })),
  ];
  if (data.length === 0) return { data, sources: {} };
  const pictures = text === undefined && files.every(({ mediaType }) => mediaType.startsWith("image/"));
  const paths = pictures ? ["data"] : data.map(({ path }) => path); // pictures are learnt from by the folder
  return { data, sources: { data: paths.map((path) => ({ path })) } };
}
