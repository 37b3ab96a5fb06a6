/** One rank of src/scale/shared-reduce.test.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { fillNormal } from "../../src/data/gaussian.ts";
import { seededRandom } from "../../src/data/random.ts";
import type { SharedGroup } from "../../src/scale/shared-reduce.ts";
import { sharedReduce } from "../../src/scale/shared-reduce.ts";

const { group, rank, lengths, mode, dies } = workerData as {
  group: SharedGroup;
  rank: number;
  lengths: number[];
  mode: "sync" | "async";
  /** The call before which this rank ends. */
  dies?: number;
};
const reduce = sharedReduce(group, rank, { timeout: 20_000 });
const random = seededRandom(rank);
const sums: Float32Array[] = [];
try {
  for (const [call, length] of lengths.entries()) {
    if (call === dies) process.exit();
    const buffer = fillNormal(random, new Float32Array(length));
    if (mode === "sync") reduce.sumSync(buffer);
    else await reduce.sum(buffer);
    sums.push(buffer);
  }
  const news = new Float32Array(1000).fill(rank);
  if (mode === "sync") reduce.broadcastSync(news, 2);
  else await reduce.broadcast(news, 2);
  await reduce.barrier();
  parentPort!.postMessage({ sums, news });
} catch (error) {
  parentPort!.postMessage({ code: (error as { code: string }).code, rank: (error as { rank: number }).rank });
}
