/** Prints the figures of the weights that lie in `weights/picture` as JSON, for the benchmark. `figures.ts WORK`: where the drawn art is kept. */
import { nodePlace, weightsFolder } from "../../src/node/index.ts";
import { openPictureModel } from "../../src/picture/model.ts";
import { measure } from "./measure.ts";
import { trainingSet } from "./training-set.ts";

const work = process.argv[2] ?? ".train/picture";
const model = await openPictureModel(nodePlace(weightsFolder("picture")));
console.log(JSON.stringify(measure(model, await trainingSet(work))));
process.exit();
