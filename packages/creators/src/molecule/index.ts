import { InksealError } from "@inkseal/core";
import { gptDecoder, readModel } from "@inkseal/lab";
import type { Creator, Place } from "../creator.ts";
import { controlsSchema } from "../own-controls.ts";
import { MoleculeVocabulary } from "./conditions.ts";
import { fileTypes } from "./formats.ts";
import { MoleculeControls, type MoleculeJob, moleculeJob } from "./job.ts";
import { KnownMolecules } from "./known.ts";
import { moleculeMaker } from "./maker.ts";
import { openRdkit } from "./rdkit.ts";

/** Molecules as SMILES: valid by construction, by scaffold, weight, logP and QED. For research only. */
export const molecule: Creator<MoleculeJob> = {
  name: "molecule",
  tasks: ["chat", "completion"],
  models: [
    {
      id: "inkseal-molecule",
      tasks: ["chat", "completion"],
      narrow: true,
      controls: controlsSchema(MoleculeControls),
      languages: ["zh", "en"],
      formats: ["text/plain", "application/json", ...Object.values(fileTypes)],
      licence: "Apache-2.0; trained on QM9, ZINC, ChEMBL, MUV and HIV (see the model card)",
      note: "Draws valid molecules (SMILES) near a wish for weight, logP and QED, or on a scaffold. Research only: nobody has made or tested them. / 按骨架、分子量、logP、QED 生成有效分子，仅供研究。",
    },
  ],
  ignores: ["maxTokens", "stop", "schema", "grammar", "tools", "style", "topK", "minP"],
  jobOf: moleculeJob,
  async open(place) {
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
    return moleculeMaker({ decoder, vocabulary, known, rdkit });
  },
};

async function part(place: Place, file: string): Promise<Uint8Array> {
  const bytes = await place.read(file);
  if (bytes === undefined)
    throw new InksealError("not-found", `the molecule model has no ${file}; train it: npm run train -- molecule`);
  return bytes;
}
