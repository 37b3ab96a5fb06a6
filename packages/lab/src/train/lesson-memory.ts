import { seededRandom } from "../data/random.ts";
import type { ModelConfig } from "../models/config.ts";
import type { Parameters } from "../models/parameters.ts";
import { modelShapes } from "../models/shapes.ts";
import { tableLayout } from "../models/table-transform.ts";
import { CountingBackend } from "../tensor/counting-backend.ts";
import * as t from "../tensor/index.ts";
import type { MemoryEstimate } from "./estimate.ts";
import { type LessonData, lessonOf } from "./lessons.ts";

/**
 * What training a model on `batch` examples at once will take, found by one step of it that computes nothing; `length` is that of a text's
 * tokens. An eighth is added for the heap's size classes.
 */
export function lessonMemory(
  model: ModelConfig,
  { batch, length }: { readonly batch: number; readonly length: number },
): MemoryEstimate {
  const backend = new CountingBackend();
  const parameters: Parameters = new Map(
    [...modelShapes(model)].map(([name, shape]) => [name, t.Tensor.trained(backend, backend.full(t.size(shape)), shape)]),
  );
  const lesson = lessonOf(model, blankExamples(model, batch, length), backend);
  const examples = Int32Array.from({ length: batch }, (_, i) => i);
  const on = { random: seededRandom(1), number: 1 };
  const own = (critic: boolean) =>
    [...parameters].filter(([name]) => name.startsWith(lesson.rival?.prefix ?? "?") === critic).map(([, p]) => p);
  t.scope(() => t.gradient(lesson.loss(parameters, examples, on), own(false)));
  if (lesson.rival !== undefined) t.scope(() => t.gradient(lesson.rival!.loss(parameters, examples, on), own(true)));
  const count = [...parameters.values()].reduce((n, p) => n + p.size, 0);
  const state = 16 * count;
  const total = Math.ceil((backend.memory.peak + 8 * count) * 1.125) + (16 << 20);
  return { parameters: count, state, activations: Math.max(0, backend.memory.peak - 8 * count), total };
}

function blankExamples(model: ModelConfig, count: number, length: number): LessonData {
  const picture = "picture" in model ? model.picture : undefined;
  const columns = "columns" in model ? model.columns : undefined;
  const labels = new Int32Array(count);
  const ids = new Int32Array(count * length);
  if (picture !== undefined)
    return {
      pictures: new Uint8Array(count * picture.height * picture.width * picture.channels),
      labels,
      tokens: { ids, length },
    };
  if (columns === undefined) return { labels, tokens: { ids, length } };
  const { width, spans } = tableLayout(columns);
  const rows = new Float32Array(count * width);
  for (let row = 0; row < count; row++) for (const { kind, at } of spans) if (kind === "choice") rows[row * width + at] = 1;
  return { rows };
}
