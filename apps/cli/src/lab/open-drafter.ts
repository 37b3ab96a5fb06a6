import { InksealError } from "@inkseal/core";
import type { Drafter, Tokenizer, WasmBackend } from "@inkseal/lab";
import { modelFolder } from "./model-folder.ts";

/**
 * Guesses for `--draft`: `prompt` looks them up in the text so far, else they are that model's. Throws `cannot-do` for a model that makes no
 * text, `conflict` for one of other tokens, and as `loadCompressed`.
 */
export async function openDrafter(
  call: Parameters<typeof modelFolder>[0],
  named: string,
  tokenizer: Tokenizer,
  backend: WasmBackend,
): Promise<Drafter> {
  const [{ draftModel, gptDecoder, promptLookup }, { loadCompressed }] = await Promise.all([
    import("@inkseal/lab"),
    import("@inkseal/lab/node"),
  ]);
  if (named === "prompt") return promptLookup();
  const folder = modelFolder(call, named);
  const { config, weights, tokenizer: own } = await loadCompressed(folder);
  if (config.kind !== "gpt")
    throw new InksealError("cannot-do", `${folder} holds a ${config.kind}; drafts are made by a gpt`, { param: "draft" });
  if (own === undefined || JSON.stringify(own.json()) !== JSON.stringify(tokenizer.json()))
    throw new InksealError("conflict", `the draft in ${folder} has other tokens than the model`, { param: "draft" });
  return draftModel(gptDecoder(backend, config, weights));
}
