import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { InksealError, type Task } from "@inkseal/core";

/** What a folder of ONNX files is for. */
export type OnnxUse = "text-generation" | "feature-extraction" | "automatic-speech-recognition" | "text-classification";

export interface OnnxModel {
  /** The folder's path below the models folder, parted by `/`. */
  readonly id: string;
  readonly path: string;
  readonly use: OnnxUse;
  readonly tasks: readonly Task[];
  /** Number format of the weights, in transformers.js's words. */
  readonly dtype: string;
  /** Folder of the `.onnx` files below `path`; empty where they lie beside `config.json`. */
  readonly subfolder: string;
  /** Tokens. */
  readonly context: number | undefined;
  readonly chatTemplate: boolean;
}

/** No folder that people make is deeper; a link that leads in a circle is. */
const deepest = 6;
/** Endings of the file names by number format; the most exact that is there is taken. */
const endings: readonly (readonly [dtype: string, ending: string])[] = [
  ["fp32", ""],
  ["fp16", "_fp16"],
  ["q8", "_quantized"],
  ["int8", "_int8"],
  ["uint8", "_uint8"],
  ["q4", "_q4"],
  ["q4f16", "_q4f16"],
  ["bnb4", "_bnb4"],
];
/** What the class that a model was exported from says of its use; first match wins. */
const uses: readonly (readonly [RegExp, OnnxUse, readonly Task[]])[] = [
  [/ForCausalLM$|LMHeadModel$/, "text-generation", ["chat", "completion"]],
  [/ForCTC$|SpeechSeq2Seq$|^Whisper|^Moonshine/, "automatic-speech-recognition", ["transcription"]],
  [/ForSequenceClassification$/, "text-classification", ["moderation"]],
  [/Model$|ForMaskedLM$/, "feature-extraction", ["embedding"]],
];

/** All folders below `folder` with a `config.json` and weights that this engine can run. A folder that is not there is empty. */
export async function onnxModels(folder: string): Promise<readonly OnnxModel[]> {
  const models: OnnxModel[] = [];
  const walk = async (below: string, depth: number): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
    if (below !== "" && entries.some((e) => e.name === "config.json")) {
      const model = await readOnnxModel(folder, below).catch(() => undefined); // asked for by name it says what is wrong
      if (model !== undefined) models.push(model);
      return;
    }
    for (const entry of entries) {
      const name = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.name.startsWith(".") || depth >= deepest) continue;
      if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(join(folder, name))))) await walk(name, depth + 1);
    }
  };
  await walk("", 0);
  return models;
}

/** Reads the folder `id`. Throws `bad-file` for one that is no whole model, `cannot-do` for a kind that nobody here runs. */
export async function readOnnxModel(folder: string, id: string): Promise<OnnxModel> {
  const path = join(folder, id);
  const bad = (why: string, cause?: unknown): InksealError => new InksealError("bad-file", `${id} ${why}`, { cause });
  const json = async (name: string): Promise<Record<string, unknown>> => {
    try {
      return JSON.parse(await readFile(join(path, name), "utf8")) as Record<string, unknown>;
    } catch (cause) {
      throw bad(`has no readable ${name}`, cause);
    }
  };
  const config = await json("config.json");
  const architecture = String((config.architectures as unknown[] | undefined)?.[0] ?? "");
  const [, use, tasks] = uses.find(([pattern]) => pattern.test(architecture)) ?? [];
  if (use === undefined || tasks === undefined)
    throw new InksealError(
      "cannot-do",
      `${id} is a ${architecture || "model of no named kind"}, which the ONNX engine does not run`,
    );
  const { dtype, subfolder } = (await weightsOf(path)) ?? {};
  if (dtype === undefined || subfolder === undefined) throw bad("has no model.onnx, nor onnx/model.onnx");
  const tokenizer = use === "automatic-speech-recognition" ? {} : await json("tokenizer_config.json").catch(() => ({}));
  if (use !== "automatic-speech-recognition") await json("tokenizer.json");
  const context = config.max_position_embeddings ?? config.n_positions;
  return {
    id,
    path,
    use,
    tasks,
    dtype,
    subfolder,
    context: typeof context === "number" ? context : undefined,
    chatTemplate: "chat_template" in tokenizer || (await isFile(join(path, "chat_template.jinja"))),
  };
}

async function weightsOf(path: string): Promise<{ dtype: string; subfolder: string } | undefined> {
  for (const subfolder of ["onnx", ""]) {
    const files = new Set(await readdir(join(path, subfolder)).catch(() => []));
    for (const [dtype, ending] of endings)
      for (const name of ["model", "encoder_model"]) if (files.has(`${name}${ending}.onnx`)) return { dtype, subfolder };
  }
  return undefined;
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isDirectory(),
    () => false,
  );
const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isFile(),
    () => false,
  );
