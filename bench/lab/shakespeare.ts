/**
 * nanoGPT's recipe for a CPU ("I only have a macbook": 4 layers, 4 heads, width 128, context 64, batch 12, 2,000 steps, no dropout; published validation
 * loss 1.88) with our GPT, whose feed-forward width keeps the parameters at 0.8 M. Argument: a folder for the finished model.
 * Validation is over all of the held-out tenth. Prints `{ nats, minutes, parameters }`.
 */
import { CharTokenizer, GptConfigSchema, gptShapes, size } from "@inkseal/lab";
import { saveModel } from "@inkseal/lab/node";
import { shakespeare } from "./data.ts";
import { trainSmallGpt } from "./small-gpt.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: shakespeare.ts FOLDER");
const data = await shakespeare();
const model = GptConfigSchema.parse({ kind: "gpt", vocab: 65, context: 64, layers: 4, width: 128, heads: 4, hidden: 344 });
const { config, weights, nats, minutes } = await trainSmallGpt(data, model, { seed: 1337, log: (line) => console.error(line) });
await saveModel(folder, { weights, config, tokenizer: CharTokenizer.train(data.text) });
let parameters = 0;
for (const shape of gptShapes(config).values()) parameters += size(shape);
console.log(JSON.stringify({ nats, minutes, parameters }));
process.exit();
