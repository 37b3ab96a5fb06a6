import { InksealError } from "@inkseal/core";
import { type GptDecoder, gptDecoder, readModel } from "@inkseal/lab";
import type { Place } from "../creator.ts";
import { MoleculeVocabulary } from "./conditions.ts";
import { KnownMolecules } from "./known.ts";
import { openRdkit, type Rdkit } from "./rdkit.ts";

/** The model, and the chemistry that judges it. */
export interface MoleculeParts {
  readonly decoder: GptDecoder;
  readonly vocabulary: MoleculeVocabulary;
  readonly known: KnownMolecules;
  readonly rdkit: Rdkit;
}

/** Throws `not-found` and `bad-file`, saying how the model is trained again. */
export async function openParts(place: Place): Promise<MoleculeParts> {
  const model = await readModel(place.read, "the molecule model");
  if (model.config.kind !== "gpt")
    throw new InksealError("bad-file", "the molecule model is no gpt; train it again: npm run train -- molecule");
  const decoder = gptDecoder(place.backend({ threads: 1, memory: 512 << 20 }), model.config, model.weights);
  const vocabulary = new MoleculeVocabulary(
    JSON.parse(new TextDecoder().decode(await part(place, "vocabulary.json"))) as string[],
  );
  const known = new KnownMolecules(await part(place, "known.bloom"));
  const wasm = await place.read("RDKit_minimal.wasm"); // a page hands it out beside the weights; Node finds it in the package
  const rdkit = await openRdkit(wasm === undefined ? undefined : async () => wasm);
  return { decoder, vocabulary, known, rdkit };
}

async function part(place: Place, file: string): Promise<Uint8Array> {
  const bytes = await place.read(file);
  if (bytes === undefined)
    throw new InksealError("not-found", `the molecule model has no ${file}; train it: npm run train -- molecule`);
  return bytes;
}
