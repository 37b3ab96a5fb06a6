/** The other thread of src/scale/pipeline.test.ts: sends back what comes. */
import { workerData } from "node:worker_threads";
import { pipeEnd, type SharedPipe } from "../../src/scale/shared-pipe.ts";

const { there, back, lengths } = workerData as { there: SharedPipe; back: SharedPipe; lengths: number[] };
const [from, to] = [pipeEnd(there, 0, 20_000), pipeEnd(back, 0, 20_000)];
for (const length of lengths) {
  const values = new Float32Array(length);
  from.receive(values);
  to.send(values);
}
