import { InksealError } from "@inkseal/core";
import { onnxFiles } from "./choose-onnx.ts";
import type { HubSource } from "./source.ts";
import { idOf, isGguf, partOf } from "./split-name.ts";

/** Of a llama.cpp user's usual choice, where nothing else is said. */
const usual = "Q4_K_M";
/** What makes a GGUF something other than a model on its own: a projector for vision, an importance matrix. */
const beside = /(^|[/._-])(mmproj|imatrix)([/._-]|$)/i;

export interface Choice<File> {
  readonly kind: "gguf" | "onnx";
  readonly files: readonly File[];
}

/**
 * The files that make up the model that was asked for: one GGUF with all its parts, or, where a repository has none,
 * an ONNX model with its configuration. Throws `bad-request` naming what there is when several fit, `not-found` when none does.
 */
export function chooseFiles<File extends { readonly path: string }>(all: readonly File[], source: HubSource): Choice<File> {
  const { file, word, repo } = source;
  if (file !== undefined && !isGguf(file)) return { kind: "onnx", files: onnxFiles(all, source) };
  const models = new Map<string, File[]>();
  for (const f of all) if (isGguf(f.path)) models.set(idOf(f.path), [...(models.get(idOf(f.path)) ?? []), f]);
  if (file !== undefined) return gguf(idOf(file), models.get(idOf(file)) ?? missing(`${repo} has no file ${file}`));
  const names = [...models.keys()].filter((id) => !beside.test(id));
  if (names.length === 0) {
    if (all.some((f) => /^onnx\/.*\.onnx$/.test(f.path))) return { kind: "onnx", files: onnxFiles(all, source) };
    missing(`${repo} has neither GGUF files nor a folder onnx/: it cannot run here`);
  }
  const fit = (wanted: string): string[] => names.filter((id) => says(id, wanted));
  const few = word !== undefined ? fit(word) : names.length === 1 ? names : fit(usual);
  const [id] = few;
  if (id !== undefined && few.length === 1) return gguf(id, models.get(id) as File[]);
  if (few.length === 0 && word !== undefined) missing(`${repo} has no ${word}; it has ${listed(names)}`);
  throw new InksealError(
    "bad-request",
    `${repo} has several${word === undefined ? "" : ` that are ${word}`}: ${listed(few.length > 0 ? few : names)}; name one`,
    {
      param: "model",
    },
  );
}

/** Whether a word stands in a file's name, between its separators: `Q4_K` is not in `x-Q4_K_M`. */
function says(id: string, word: string): boolean {
  const quoted = word.replace(/[.]/g, "\\.");
  return new RegExp(`(^|[^a-z0-9])${quoted}($|[^a-z0-9_])`, "i").test(id);
}

function gguf<File extends { readonly path: string }>(id: string, files: readonly File[]): Choice<File> {
  const of = partOf(files[0]?.path ?? "")?.[1] ?? 1;
  const numbers = new Set(files.map((f) => partOf(f.path)?.[0] ?? 1));
  if (files.length !== of || numbers.size !== of || files.some((f) => (partOf(f.path)?.[1] ?? 1) !== of))
    throw new InksealError("not-found", `of ${id} there are ${files.length} files where ${of} parts were expected`);
  return { kind: "gguf", files: [...files].sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

const listed = (names: readonly string[]): string =>
  names.length > 30 ? `${names.slice(0, 30).join(", ")} and ${names.length - 30} more` : names.join(", ");
function missing(message: string): never {
  throw new InksealError("not-found", message, { param: "model" });
}
