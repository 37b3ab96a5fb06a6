/**
 * `INKSEAL_PICTURES=FOLDER node --import tsx bench/mark/likeness/train.ts`: learns the weights of `packages/mark/src/likelihood/model.gen.ts` from the
 * pictures of `lay-out.ts` that are there to learn from, and says how it did on generators and photographs that were left out.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { leastAuc } from "@inkseal/mark";
import { examined } from "./examined.ts";
import { trained } from "./trained.ts";
import { shown } from "./trial.ts";

const folder = process.env.INKSEAL_PICTURES;
if (folder === undefined) throw new Error("INKSEAL_PICTURES: the folder that lay-out.ts made");
const all = await examined(folder, {
  fresh: false,
  parts: ["learn", "test"],
  most: Number.POSITIVE_INFINITY,
  log: console.error,
});
const rows = shown(all);
console.log(`${all.length} views, of ${all.length - rows.length} nothing can be said`);
const { model, out } = trained(rows);
for (const { generator, auc, found } of out)
  console.log(`${generator}: AUC ${auc.toFixed(3)}, ${found.toFixed(3)} found at 1 %`);
const { auc, foundAtOnePercent } = model.measured;
console.log(`unseen: AUC ${auc}, ${foundAtOnePercent} found at 1 %`);
if (auc < leastAuc) console.log(`below ${leastAuc}: verify will not ask it`);

const file = fileURLToPath(new URL("../../../packages/mark/src/likelihood/model.gen.ts", import.meta.url));
const head = `// Made by bench/mark/likeness/train.ts; what it learnt from is in README.md here. Do not edit.
import type { PictureModel } from "./picture.ts";
`;
writeFileSync(file, `${head}\nexport const pictureModel: PictureModel = ${JSON.stringify(model)};\n`);
