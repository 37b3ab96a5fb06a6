import type { Creator } from "../creator.ts";
import { controlsSchema } from "../own-controls.ts";
import { fileTypes } from "./formats.ts";
import { MoleculeControls, type MoleculeJob, moleculeJob } from "./job.ts";
import { moleculeMaker } from "./maker.ts";
import { openParts } from "./parts.ts";

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
  open: async (place) => moleculeMaker(await openParts(place)),
};
