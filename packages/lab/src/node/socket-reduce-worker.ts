/** A rank of socket-reduce.test.ts that joins, sums once and then sits still until it is killed. */
import { parentPort, workerData } from "node:worker_threads";
import { socketReduce } from "./socket-reduce.ts";

const reduce = await socketReduce(workerData);
await reduce.sum(new Float32Array(10));
parentPort!.postMessage("summed");
