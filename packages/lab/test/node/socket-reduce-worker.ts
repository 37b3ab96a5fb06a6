/** A rank of src/node/socket-reduce.test.ts that joins, sums once and then sits still until it is killed. */
import { parentPort, workerData } from "node:worker_threads";
import { socketReduce } from "../../src/node/socket-reduce.ts";

const reduce = await socketReduce(workerData);
await reduce.sum(new Float32Array(10));
parentPort!.postMessage("summed");
