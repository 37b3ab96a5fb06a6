import { InksealError } from "@inkseal/core";
import { gptDecoder, readModel, readTokenizer } from "@inkseal/lab";
import type { Creator } from "../creator.ts";
import { controlsSchema } from "../own-controls.ts";
import { CodeControls, type CodeJob, codeJob } from "./job.ts";
import { codeMaker } from "./maker.ts";
import { LearntLines } from "./originals.ts";
import { CodeTokens } from "./tokens.ts";

/** Completes lines of TypeScript and JavaScript: a small Transformer, and what the user's own project says in such places. */
export const code: Creator<CodeJob> = {
  name: "code",
  tasks: ["completion", "infill"],
  models: [
    {
      id: "inkseal-code",
      tasks: ["completion", "infill"],
      narrow: true,
      logits: true,
      context: 256,
      languages: ["ts", "js"],
      licence: "Apache-2.0; trained on permissively licensed npm packages, listed in its card",
      note: "Completes a line of TypeScript or JavaScript, best with the project's files beside it. It knows idioms, not your intent: read what it writes. 补全 TypeScript/JavaScript 的一行代码；附上项目文件效果更好",
      controls: controlsSchema(CodeControls),
    },
  ],
  ignores: ["frequencyPenalty", "presencePenalty", "schema", "grammar", "tools", "toolChoice", "style", "format"],
  jobOf: codeJob,
  async open(place) {
    const { config, weights, tokenizer } = await readModel((file) => place.read(file), "the weights of inkseal-code");
    if (config.kind !== "gpt" || tokenizer === undefined)
      throw new InksealError("bad-file", "the weights of inkseal-code are no language model with its tokenizer");
    const learnt = new LearntLines((await place.read("lines.bin")) ?? new Uint8Array());
    // one thread: a token's products are too small to be worth sharing
    return codeMaker(gptDecoder(place.backend({ threads: 1 }), config, weights), new CodeTokens(tokenizer), learnt);
  },
  async cutter(place) {
    const tokenizer = await readTokenizer((file) => place.read(file), "the weights of inkseal-code");
    return (text) => ({ ids: tokenizer.encode(text, { plain: true }) });
  },
};
