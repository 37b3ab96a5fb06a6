import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "../../src/data/random.ts";
import { writeTokenFile } from "../../src/data/token-file.ts";
import { loadCheckpoint } from "../../src/node/checkpoint.ts";
import { type ReplicaOptions, trainReplicas } from "../../src/node/replicas.ts";
import type { TrainingPlan } from "../../src/node/training-task.ts";
import type { TrainEvent } from "../../src/train/config.ts";
import type { Weights } from "../../src/weights.ts";

/** A token file of 4,000 tokens below 32 that a small model learns something of; its path. */
export function learnableTokens(folder: string): string {
  const random = seededRandom(5);
  const path = join(folder, "text.tokens");
  const tokens = Array.from({ length: 4000 }, (_, i) => (i % 5 === 0 ? random.below(8) : (i * 7) % 29));
  writeFileSync(path, writeTokenFile(tokens, 32));
  return path;
}

/** Trains the plan over worker threads (one, unless told): what it told, the best weights, and the last checkpoint. */
export async function trained(
  plan: TrainingPlan,
  options: Partial<ReplicaOptions> = {},
  seen: (event: TrainEvent) => void = () => {},
) {
  const events: TrainEvent[] = [];
  let best: Weights | undefined;
  const all: ReplicaOptions = {
    replicas: 1,
    folder: plan.config.out,
    memory: 64 << 20,
    best: (weights) => {
      best = weights;
    },
    ...options,
  };
  for await (const event of trainReplicas(plan, all)) {
    events.push(event);
    seen(event);
  }
  return { events, best, last: (await loadCheckpoint(plan.config.out))! };
}
