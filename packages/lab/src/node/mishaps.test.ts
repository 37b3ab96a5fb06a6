/** What goes wrong around a training, in each way of running it: the same typed errors, and the last good checkpoint survives. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { TrainEvent } from "../train/config.ts";
import { loadCheckpoint } from "./checkpoint.ts";
import { loadModel, saveModel } from "./model-folder.ts";
import { readTrainConfig, runTraining } from "./training.ts";

const folder = mkdtempSync(join(tmpdir(), "lab-mishaps-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = join(folder, "text.txt");
writeFileSync(text, "the quick brown fox jumps over the lazy dog, and again: ".repeat(100));
let runs = 0;
const configured = (more: object) => ({
  model: { kind: "gpt", context: 16, layers: 2, width: 32, heads: 2 },
  data: [{ path: text }],
  steps: 6,
  batch: 4,
  warmup: 2,
  evaluateEvery: 6,
  evaluateBatches: 1,
  checkpointEvery: 2,
  threads: 1,
  out: join(folder, `run-${runs++}`),
  ...more,
});
async function all(config: object): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const e of runTraining(readTrainConfig(config), { now: () => 0 })) events.push(e);
  return events;
}
/** A file system of our own, where the kernel lets us mount one. */
const canMount =
  spawnSync("unshare", ["-rm", "sh", "-c", 'd=$(mktemp -d) && mount -t tmpfs -o size=64k tmpfs "$d"']).status === 0;

describe.each([{}, { replicas: 2 }, { parallel: { pipeline: 2 }, accumulate: 2 }, { parallel: { tensor: 2 } }])(
  "%j",
  (mode) => {
    it("goes on from the checkpoint before a damaged one, and says so when none is sound", async () => {
      const config = configured(mode);
      await all(config);
      const whole = await loadModel(join(config.out, "model"));
      const checkpoints = join(config.out, "checkpoints");
      truncateSync(join(checkpoints, "step-6", "model.safetensors"), 100);
      expect((await all(config))[0]).toMatchObject({ type: "start", step: 4 });
      expect([...(await loadModel(join(config.out, "model"))).weights]).toEqual([...whole.weights]);

      for (const step of [4, 6]) truncateSync(join(checkpoints, `step-${step}`, "optimiser.safetensors"), 100);
      await expect(all(config)).rejects.toMatchObject({
        code: "bad-file",
        message: expect.stringContaining("no checkpoint of 2 is sound"),
      });
    });

    it("stops at numbers that are none, with no checkpoint of them", async () => {
      const first = configured({ ...mode, steps: 2 });
      await all(first);
      const { weights, config: model, tokenizer } = await loadModel(join(first.out, "model"));
      const name = "model.layers.1.post_attention_layernorm.weight";
      const { shape, data } = weights.get(name)!;
      const sick = new Map(weights).set(name, { shape, data: data.map((x, i) => (i === 3 ? Number.NaN : x)) });
      const from = join(folder, `sick-${runs}`);
      await saveModel(from, { weights: sick, config: model, tokenizer: tokenizer! });
      const second = configured({ ...mode, from });
      await expect(all(second)).rejects.toMatchObject({ code: "cannot-do", message: expect.stringContaining("step 1 is NaN") });
      expect(await loadCheckpoint(join(second.out, "checkpoints"))).toBeUndefined();
    });

    it.skipIf(!canMount)(
      "says disk-full when the disk is, and goes on from the last good checkpoint once there is room",
      () => {
        const config = configured(mode);
        const checkpoints = join(config.out, "checkpoints");
        mkdirSync(checkpoints, { recursive: true });
        // room for one checkpoint of 310 KB, then for all
        const script = `
      import { spawnSync } from "node:child_process";
      import { loadCheckpoint, readTrainConfig, runTraining } from "@inkseal/lab/node";
      const folder = ${JSON.stringify(checkpoints)};
      const run = async () => {
        const steps = [];
        for await (const { step } of runTraining(readTrainConfig(${JSON.stringify(config)}), { now: () => 0 })) steps.push(step);
        return steps;
      };
      const error = await run().catch((e) => e);
      const kept = await loadCheckpoint(folder);
      spawnSync("mount", ["-o", "remount,size=8m", folder]);
      const steps = await run();
      console.log(JSON.stringify([error.code, kept?.step, kept?.skipped.length, steps[0], steps.at(-1)]));`;
        const run = spawnSync(
          "unshare",
          [
            "-rm",
            "sh",
            "-c",
            'mount -t tmpfs -o size=480k tmpfs "$1" && exec "$2" --import tsx --input-type=module -e "$3"',
            "sh",
            checkpoints,
            process.execPath,
            script,
          ],
          { encoding: "utf8", cwd: import.meta.dirname },
        );
        expect(run.stdout.trim(), run.stderr).toBe('["disk-full",2,0,2,6]');
      },
    );
  },
);
