import { basename, dirname, resolve } from "node:path";
import { InksealError } from "@inkseal/core";
import type { GptConfig } from "@inkseal/lab";
import { writeWhole } from "../atomic.ts";
import { defineCommand } from "../command.ts";
import { exit } from "../exit.ts";
import { UsageError } from "../usage-error.ts";
import { words } from "../words.ts";
import { labWords as w } from "../words-lab.ts";
import { bytesOf } from "./amounts.ts";
import { modelFolder } from "./model-folder.ts";

export const exportModel = defineCommand({
  summary: w.export.summary,
  usage: "MODEL --to FORMAT -o FILE",
  takes: [1, 1],
  first: "files",
  options: {
    to: { kind: "choice", of: ["gguf", "onnx", "safetensors"], help: w.export.to },
    type: { kind: "choice", of: ["F32", "F16", "Q8_0", "Q4_0"], help: w.export.type },
    cache: { kind: "flag", help: w.export.cache },
    output: { kind: "file", short: "o", value: "FILE", help: w.export.output },
  },
  examples: [
    "inkseal lab export poems --to gguf --type Q8_0 -o poems.gguf",
    "inkseal lab export poems --to onnx --cache -o poems.onnx",
  ],
  run: async (call) => {
    const { options, screen, say } = call;
    const [path] = call.words;
    const { to, output, type = "F16", cache } = options;
    if (to === undefined || output === undefined) throw new UsageError(w.export.needs);
    if (options.type !== undefined && to !== "gguf") throw new UsageError(w.export.onlyFor("--type", "gguf"));
    if (cache && to !== "onnx") throw new UsageError(w.export.onlyFor("--cache", "onnx"));
    const [lab, { loadModel }] = await Promise.all([import("@inkseal/lab"), import("@inkseal/lab/node")]);
    const folder = modelFolder(call, path!);
    const { config, weights, tokenizer } = await loadModel(folder);
    const gpt = (): GptConfig => {
      if (config.kind !== "gpt")
        throw new InksealError("cannot-do", `a ${config.kind} goes into safetensors only; ${to} here is of gpt models`);
      return config;
    };
    let bytes: Uint8Array;
    if (to === "safetensors") bytes = lab.writeSafetensors(weights, { format: "pt" });
    else if (to === "onnx") bytes = lab.onnx({ config: gpt(), weights, past: cache });
    else {
      if (tokenizer === undefined)
        throw new InksealError("bad-file", `${folder} has no tokenizer.json, which a GGUF file must hold`);
      const name = basename(resolve(basename(folder) === "model" ? dirname(folder) : folder));
      bytes = lab.gguf({ config: gpt(), weights, tokens: lab.ggufTokens(tokenizer), type, name });
    }
    await writeWhole(output, bytes);
    screen.value({ file: output, format: to, ...(to === "gguf" && { type }), bytes: bytes.length });
    screen.pairs([[say(words.make.file), `${screen.paint("bold", output)} (${to}, ${bytesOf(bytes.length)})`]]);
    return exit.ok;
  },
});
