/** Trains what its parent sends, tells it every event, and stops with a checkpoint when it is asked to or the parent is gone. */
import { InksealError } from "@inkseal/core";
import type { TrainConfig } from "@inkseal/lab";
import { runTraining } from "@inkseal/lab/node";
import type { ChildWord, ParentWord } from "./train-apart.ts";

const stop = new AbortController();
const say = (word: ChildWord): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send!(word, () => resolve());
    else resolve();
  });

async function train(config: TrainConfig): Promise<void> {
  try {
    for await (const event of runTraining(config, { now: () => performance.now(), signal: stop.signal })) await say({ event });
    await say({ done: true });
  } catch (thrown) {
    const { code, message, details } = InksealError.from(thrown);
    if (code === "internal") console.error(thrown);
    await say({ failure: { code, message, ...(details.param !== undefined && { param: details.param }) } });
  }
  if (process.connected) process.disconnect();
}

process.on("message", (word: ParentWord) => {
  if ("train" in word) void train(word.train);
  else stop.abort();
});
process.on("disconnect", () => stop.abort());
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {}); // the parent gets them too, and asks us to stop
