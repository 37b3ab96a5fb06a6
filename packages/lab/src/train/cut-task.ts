import type { Batch } from "../data/mix.ts";
import { type GptOptions, gptEmbed, gptLayers, gptLogits, gptRotation } from "../models/gpt.ts";
import { type CutModel, cutNorm, shareNumbers } from "../scale/cut-model.ts";
import { layersOf } from "../scale/partition.ts";
import { pipelineSchedule } from "../scale/pipeline.ts";
import { cutProject } from "../scale/tensor-parallel.ts";
import * as t from "../tensor/index.ts";
import { Ids, Tensor } from "../tensor/index.ts";
import { type LanguageTaskOptions, languageTask, shareOf } from "./language-task.ts";
import type { Task } from "./task.ts";
import { joined } from "./train.ts";

/**
 * Next-token prediction of a GPT of which this worker holds some columns or layers; `o.parameters` are its pieces. In a pipeline one `gradients` is a
 * whole step of `micros` micro-batches. Its results are those of one worker to the bit; those of columns differ by the rounding of sums.
 */
export function cutTask(o: LanguageTaskOptions, model: CutModel, micros: number): Task {
  const options = model.columns.size === 1 ? o : { ...o, project: cutProject(o.parameters, model.columns) };
  const norm = cutNorm(model);
  const task: Task = {
    ...languageTask(options),
    async norm(gradients) {
      const squares: number[] = [];
      for (const g of gradients) squares.push(await g.backend.squares(g.block));
      return norm(squares);
    },
  };
  return model.place.stages === 1 ? task : { ...task, ...stageOf(options, model, micros) };
}

/** The passes of one stage. */
function stageOf(o: LanguageTaskOptions, { place, all, links }: CutModel, micros: number): Partial<Task> {
  const { backend, config, length, parameters: p } = o;
  const { stage, stages, columns } = place;
  const [first, last] = [stage === 0, stage === stages - 1];
  const rotation = gptRotation(backend, config);
  const layers = layersOf(config, place);
  const schedule = pipelineSchedule(stage, stages, micros);
  const parameters = [...p.values()];
  /** Place of the embedding that the first and the last stage both hold; its gradients meet on the first. */
  const tied = config.tied ? [...p.keys()].indexOf("model.embed_tokens.weight") : -1;
  const share = o.share ?? { rank: 0, size: 1 };
  const rows = o.batch / share.size;

  const send = (to: number, x: Tensor): void => links.send(to, x.valuesSync());
  const receive = (from: number, shape: readonly number[]): Float32Array => {
    const values = new Float32Array(t.size(shape));
    links.receive(from, values);
    return values;
  };
  const fromLast = (x: number): number => {
    const number = Float64Array.of(x);
    shareNumbers(all, number, (stages - 1) * columns);
    return number[0]!;
  };

  /** What came in (undefined on the first stage) and what went out: the residual stream, or the mean loss on the last. */
  interface Flight {
    readonly input: Tensor | undefined;
    readonly out: Tensor;
  }
  function forward({ inputs, targets }: Batch, count: number, options: GptOptions): Flight {
    const shape = [count, length, config.width];
    const all = { ...options, ...(o.project && { project: o.project }) };
    const input = first ? undefined : Tensor.leaf(backend, receive(stage - 1, shape), shape);
    const stream = input ?? gptEmbed(config, p, Ids.from(backend, inputs, [count, length]), all);
    const { x } = gptLayers(config, p, rotation, stream, all, layers);
    if (last) return { input, out: t.crossEntropy(gptLogits(config, p, x), Ids.from(backend, targets, [count * length])) };
    send(stage + 1, x);
    return { input, out: x };
  }
  function backward({ input, out }: Flight): Tensor[] {
    const seed = last ? undefined : Tensor.from(backend, receive(stage + 1, out.shape), out.shape);
    const gradients = t.gradient(out, input === undefined ? parameters : [input, ...parameters], seed && { seed });
    seed?.free();
    if (input !== undefined) {
      const g = gradients.shift()!;
      send(stage - 1, g);
      g.free();
    }
    if (tied < 0) return gradients;
    const embedding = gradients[tied]!;
    if (last) send(0, embedding);
    if (first) {
      const other = Tensor.from(backend, receive(stages - 1, embedding.shape), embedding.shape);
      backend.accumulate(embedding.block, other.block);
      other.free();
    }
    return gradients;
  }

  return {
    tokens: rows * length * micros,
    gradients(step) {
      const flights = new Map<number, ReturnType<typeof t.held<Flight>>>();
      let total: Tensor[] | undefined;
      let mean = 0;
      try {
        for (const { pass, micro } of schedule) {
          if (pass === "forward") {
            const batch = shareOf(o.loader.next(), share, rows * length);
            const dropout = { seed: o.seed, step: (step * 64 + micro) * share.size + share.rank };
            const flight = t.held(() => {
              const { input, out } = forward(batch, rows, { dropout });
              return { input, out: last ? t.scale(out, 1 / micros) : out };
            });
            if (last) mean += flight.answer.out.valuesSync()[0]!;
            flights.set(micro, flight);
          } else {
            const flight = flights.get(micro)!;
            total = joined(total, backward(flight.answer));
            flight.free();
            flights.delete(micro);
          }
        }
      } finally {
        for (const flight of flights.values()) flight.free();
      }
      const embedding = total![tied];
      if (embedding !== undefined && first) send(stages - 1, embedding);
      if (embedding !== undefined && last) backend.write(embedding.block, receive(0, embedding.shape));
      return { gradients: total!, mean: fromLast(mean) };
    },
    evaluate() {
      let sum = 0;
      for (const batch of o.evaluation)
        t.scope(() =>
          t.untracked(() => {
            const { out } = forward(batch, batch.inputs.length / length, {});
            if (last) sum += out.valuesSync()[0]!;
          }),
        );
      return fromLast(sum) / o.evaluation.length;
    },
  };
}
