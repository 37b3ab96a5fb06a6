/** The worker of src/node/spawn-worker.test.ts: TypeScript syntax, an import with types, and a package with TypeScript sources. */
import { parentPort, workerData } from "node:worker_threads";
import { InksealError } from "@inkseal/core";
import { type RandomState, seededRandom } from "../../src/data/random.ts";

if (workerData === "fail") throw new InksealError("bad-request", "asked to fail");
const { state } = workerData as { state: RandomState };
parentPort!.postMessage(seededRandom(state).bits());
