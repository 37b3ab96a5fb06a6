/** `npm run train -- NAME [--quick] [--data DIR] [--out DIR]`: trains a creator's weights by `train/NAME.ts`. */
import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** What a training script exports as `train`. */
export type Train = (options: {
  /** A few steps, to see that it works. */
  readonly quick: boolean;
  /** Where data lies that comes in no package: ../shared/data of the workplace, or a folder of one's own in that form. */
  readonly data: string;
  /** Where the finished weights and the model card go: packages/creators/weights/NAME, unless `--out` says otherwise. */
  readonly out: string;
  /** Where checkpoints are kept between runs. */
  readonly work: string;
}) => Promise<void>;

const here = fileURLToPath(new URL(".", import.meta.url));
const root = resolve(here, "../../..");
const names = readdirSync(here)
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && file !== "run.ts" && file !== "corpora.ts")
  .map((file) => file.slice(0, -3));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, data: { type: "string" }, out: { type: "string" } },
});
const name = positionals[0];
if (name === undefined || positionals.length > 1 || !names.includes(name)) {
  console.error(`usage: npm run train -- NAME [--quick] [--data DIR] [--out DIR]\nnames: ${names.join(", ")}`);
  process.exit(2);
}
const data = resolve(values.data ?? resolve(root, "../shared/data"));
if (!existsSync(data)) {
  console.error(`${data} is not there; name the folder of training data with --data`);
  process.exit(2);
}
const { train } = (await import(`./${name}.ts`)) as { readonly train: Train };
await train({
  quick: values.quick,
  data,
  out: resolve(values.out ?? resolve(here, "../weights", name)),
  work: resolve(root, ".train", name),
});
