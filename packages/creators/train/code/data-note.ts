import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type SourcePackage, sourcesDigest } from "./sources.ts";
import { isHeldOut } from "./split.ts";

/** What is learnt from. */
export interface DataNote {
  /** SHA-256 of all texts with their paths. */
  readonly digest: string;
  readonly vocab: number;
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    readonly licence: string;
    readonly held: boolean;
    readonly characters: number;
  }[];
}

/** Notes it in a file when the training begins; a training that goes on has the note that is there. */
export function noteData(packages: readonly SourcePackage[], vocab: number, path: string): DataNote {
  if (existsSync(path)) return { ...(JSON.parse(readFileSync(path, "utf8")) as DataNote), vocab };
  const note: DataNote = {
    digest: sourcesDigest(packages),
    vocab,
    packages: packages.map(({ name, version, licence, sources }) => ({
      ...{ name, version, licence, held: isHeldOut(name) },
      characters: sources.reduce((sum, { text }) => sum + text.length, 0),
    })),
  };
  writeFileSync(path, JSON.stringify(note));
  return note;
}
