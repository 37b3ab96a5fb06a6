import { describe, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import { type ModelConfig, ModelConfigSchema } from "../models/config.ts";
import { toParameters } from "../models/parameters.ts";
import { initialModel } from "../models/shapes.ts";
import { cpuBackend } from "../node/threads.ts";
import * as t from "../tensor/index.ts";
import { lessonMemory } from "./lesson-memory.ts";
import { type LessonData, lessonOf } from "./lessons.ts";

const picture = { height: 16, width: 16, channels: 1 };
const size = { layers: 2, width: 48, heads: 4 };
const models: Record<string, object> = {
  vae: { kind: "vae", picture, hidden: 200 },
  "vq-vae": { kind: "vae", picture, hidden: 24, codes: { count: 32 } },
  gan: { kind: "gan", picture, hidden: 128, classes: 3 },
  diffusion: { kind: "diffusion", picture, patch: 4, ...size, classes: 3 },
  vit: { kind: "vit", picture, patch: 4, ...size, classes: 3 },
  clip: { kind: "vit", picture, patch: 4, ...size, text: { vocab: 20, context: 8, ...size, embedding: 16 } },
  bert: { kind: "bert", vocab: 40, context: 24, ...size, dropout: 0.1 },
};

describe("the memory that a training is said to take is what it takes", () => {
  for (const [name, json] of Object.entries(models))
    it(name, () => {
      const model = ModelConfigSchema.parse(json) as ModelConfig;
      const batch = 32;
      const said = lessonMemory(model, { batch, length: 8 });
      const backend = cpuBackend({ threads: 1, memory: 1 << 30 });
      try {
        const p = toParameters(backend, initialModel(model, seededRandom(1)));
        const data: LessonData = {
          pictures: Uint8Array.from({ length: batch * 256 }, (_, i) => i % 251),
          labels: new Int32Array(batch),
          tokens: { ids: new Int32Array(batch * 8).map((_, i) => i % 19), length: 8 },
        };
        const lesson = lessonOf(model, data, backend);
        const examples = Int32Array.from({ length: batch }, (_, i) => i);
        for (const loss of [lesson.rival?.loss, lesson.loss])
          if (loss !== undefined)
            t.scope(() => t.gradient(loss(p, examples, { random: seededRandom(2), number: 1 }), [...p.values()]));
        const count = [...p.values()].reduce((n, x) => n + x.size, 0);
        const taken = backend.memory.peak + 8 * count; // and two moments
        expect(said.total).toBeGreaterThan(taken);
        expect(said.total - (16 << 20)).toBeLessThan(1.35 * taken);
      } finally {
        backend.close();
      }
    });
});
