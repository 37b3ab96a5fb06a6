import { lstat, realpath, rm } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { InksealError } from "@inkseal/core";
import { dropEmpty } from "./drop-empty.ts";
import { type InstalledModel, installedModels } from "./installed.ts";
import { lockOfPart, partOfFile, stateOfPart } from "./part.ts";
import { isLocked } from "./pull-lock.ts";
import { recordOf } from "./record.ts";
import { idOf, isGguf } from "./split-name.ts";

/** What `remove` would take away. */
export interface Removal {
  readonly id: string;
  /** Below the folder. */
  readonly files: readonly string[];
  /** Freed; hard links to files elsewhere free nothing. */
  readonly bytes: number;
}

/**
 * The model of an id as `models list` shows it, with the engine's name before it or without, or an unfinished pull's.
 * Throws `unknown-model`, `conflict` while it is being pulled.
 */
export async function removalOf(name: string, folder: string): Promise<Removal> {
  const { models, unfinished } = await installedModels(folder);
  const wanted = [name, name.replace(/^(llama|onnx)\//, "")];
  for (const given of wanted) {
    const id = isGguf(given) ? idOf(given) : given;
    const model = models.find((m) => m.id === id);
    const begun = unfinished.filter(
      ({ file }) =>
        idOf(file) === id ||
        (model?.kind === "onnx" || model === undefined ? file.startsWith(`${id}/`) && !isGguf(file) : false),
    );
    if (model === undefined && begun.length === 0) continue;
    const files = [...(model?.files ?? []), ...begun.map((u) => partOfFile(u.file))];
    for (const file of files)
      if (await isLocked(lockOfPart(join(folder, file.replace(/\.part$/, "")))))
        throw new InksealError("conflict", `${id} is being pulled`);
    return { id, files, bytes: (model?.bytes ?? 0) + begun.reduce((sum, u) => sum + u.bytes, 0) };
  }
  const near = close(name, models);
  throw new InksealError(
    "unknown-model",
    `the models folder has no ${JSON.stringify(name.slice(0, 200))}${near ? `; did you mean ${near}?` : ""}`,
    {
      param: "model",
    },
  );
}

/**
 * Deletes a model's files, what lies beside them, and the folders that become empty. Throws `forbidden` before anything is
 * deleted when a link leads one of them out of the models folder.
 */
export async function removeModel({ files }: Removal, folder: string): Promise<void> {
  const root = await realpath(folder);
  for (const file of files) {
    const home = await realpath(dirname(join(folder, file)));
    if (home !== root && !home.startsWith(root + sep))
      throw new InksealError("forbidden", `${file} lies outside of the models folder, behind a link: remove it there`);
  }
  for (const file of files) {
    const path = join(folder, file);
    if ((await lstat(path).catch(() => undefined))?.isDirectory()) throw new InksealError("forbidden", `${file} is a folder`);
    await rm(path, { force: true });
    const whole = path.replace(/\.part$/, "");
    for (const beside of [stateOfPart(whole), recordOf(whole), lockOfPart(whole)]) await rm(beside, { force: true });
  }
  for (const file of files) await dropEmpty(dirname(join(folder, file)), folder);
}

function close(name: string, models: readonly InstalledModel[]): string | undefined {
  const part = name.toLowerCase();
  return models.find((m) => m.id.toLowerCase().includes(part) || part.includes(m.id.toLowerCase()))?.id;
}
