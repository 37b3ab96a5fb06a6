import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { InksealError } from "@inkseal/core";

/** A language model of the Lab in its folder. */
export interface LabModel {
  /** The folder's path below the Lab's, parted by `/`, without a last `model`: what a training NAME made is `NAME`. */
  readonly id: string;
  readonly path: string;
  /** Tokens. */
  readonly context: number | undefined;
  readonly chatTemplate: boolean;
  /** Changes with the weights: a training goes on and writes better ones. */
  readonly stamp: string;
}

/** No folder that people make is deeper; a link that leads in a circle is. */
const deepest = 6;
const weights = /^model(\.packed)?\.safetensors(\.index\.json)?$/;

/** All language models below the Lab's folder. A folder that is not there is empty; checkpoints are no models. */
export async function labModels(folder: string): Promise<readonly LabModel[]> {
  const models: LabModel[] = [];
  const walk = async (below: string, depth: number): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
    if (below !== "" && entries.some((e) => e.name === "config.json")) {
      const model = await readLabModel(folder, below).catch(() => undefined); // asked for by name it says what is wrong
      if (model !== undefined) models.push(model);
      return;
    }
    for (const { name } of entries) {
      if (name.startsWith(".") || name === "checkpoints" || depth >= deepest) continue;
      await walk(below === "" ? name : `${below}/${name}`, depth + 1);
    }
  };
  await walk("", 0);
  return models.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * The model of a name: `NAME` for NAME/model or NAME itself. Throws `unknown-model`; `bad-file` for a folder that is no whole model;
 * `cannot-do` for a kind that makes no text.
 */
export async function chooseLabModel(folder: string, name: string): Promise<LabModel> {
  // no name leads out of the folder
  const plain = name !== "" && !name.split(/[/\\]/).some((part) => part === "" || part === "." || part === "..");
  for (const below of plain ? [`${name}/model`, name] : []) {
    if (await isFile(join(folder, below, "config.json"))) return await readLabModel(folder, below);
  }
  throw new InksealError("unknown-model", `the Lab has no finished model ${JSON.stringify(name.slice(0, 200))}`, {
    param: "model",
  });
}

async function readLabModel(folder: string, below: string): Promise<LabModel> {
  const path = join(folder, below);
  const id = below.replace(/\/model$/, "");
  const json = async (name: string): Promise<Record<string, unknown>> => {
    try {
      return JSON.parse(await readFile(join(path, name), "utf8")) as Record<string, unknown>;
    } catch (cause) {
      throw new InksealError("bad-file", `${id} has no readable ${name}`, { cause });
    }
  };
  const config = await json("config.json");
  const ours = config.inkseal as { readonly kind?: unknown; readonly context?: unknown } | undefined;
  const kind = ours === undefined ? config.model_type : ours.kind;
  if (!["gpt", "llama", "mistral", "mixtral"].includes(String(kind)))
    throw new InksealError("cannot-do", `${id} is a ${kind ?? "model of no named kind"}, which writes no text`, {
      param: "model",
    });
  const files = (await readdir(path)).filter((file) => weights.test(file));
  if (files.length === 0) throw new InksealError("bad-file", `${id} has no model.safetensors`);
  const tokenizer = await stat(join(path, "tokenizer.json")).catch(() => undefined);
  if (tokenizer === undefined) throw new InksealError("bad-file", `${id} has no tokenizer.json`);
  const stats = await Promise.all(files.map((file) => stat(join(path, file))));
  const context = ours?.context ?? config.max_position_embeddings;
  return {
    id,
    path,
    context: typeof context === "number" ? context : undefined,
    chatTemplate: "chat_template" in (await json("tokenizer_config.json").catch(() => ({}))),
    stamp: [tokenizer, ...stats].map(({ size, mtimeMs }) => `${size}:${mtimeMs}`).join("|"),
  };
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isFile(),
    () => false,
  );
