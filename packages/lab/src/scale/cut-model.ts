import type { GptConfig } from "../models/config.ts";
import type { TrainState } from "../train/train.ts";
import { gatherWeights, ownedAt, type Parallel, type Place, placeOf, shapesAt } from "./partition.ts";
import { type SharedStages, type StageLinks, sharedStages, stageLinks } from "./pipeline.ts";
import type { BlockingReduce } from "./reduce.ts";
import { type SharedGroup, sharedGroup, sharedReduce } from "./shared-reduce.ts";

/** The workers that hold one model between them, as one of them sees it. */
export interface CutModel {
  readonly config: GptConfig;
  readonly parallel: Parallel;
  readonly place: Place;
  /** All of them. */
  readonly all: BlockingReduce;
  /** The columns of this stage. */
  readonly columns: BlockingReduce;
  /** To the other stages of this column. */
  readonly links: StageLinks;
}

/** The memory between them: structured-clone it into each worker. */
export interface SharedModel {
  readonly parallel: Parallel;
  readonly all: SharedGroup;
  /** By stage. */
  readonly columns: readonly SharedGroup[];
  /** By column. */
  readonly stages: readonly SharedStages[];
}
/** `tokens`: of one micro-batch. */
export function sharedModel(config: GptConfig, parallel: Parallel, tokens: number): SharedModel {
  const { tensor, pipeline } = parallel;
  const activation = tokens * config.width;
  const tied = config.tied ? config.vocab * config.width : 0;
  const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
  return {
    parallel,
    all: sharedGroup(tensor * pipeline),
    columns: times(pipeline, () => sharedGroup(tensor, tensor === 1 ? 1 : Math.min(activation, 1 << 20))),
    stages: times(tensor, () => sharedStages(pipeline, { activation, tied })),
  };
}
/** Joins as `rank`. Calls throw `LostRank` after `timeout` ms without an answer. */
export function joinModel(shared: SharedModel, config: GptConfig, rank: number, timeout: number): CutModel {
  const place = placeOf(rank, shared.parallel);
  return {
    config,
    parallel: shared.parallel,
    place,
    all: sharedReduce(shared.all, rank, { timeout }),
    columns: sharedReduce(shared.columns[place.stage]!, place.column, { timeout }),
    links: stageLinks(shared.stages[place.column]!, place.stage, timeout),
  };
}

/** Overwrites the numbers of all workers with those of rank `from`, to the bit. */
export function shareNumbers(all: BlockingReduce, numbers: Float64Array, from: number): void {
  all.broadcastSync(new Float32Array(numbers.buffer, numbers.byteOffset, numbers.length * 2), from);
}

/** The root of the whole model's Σ g², from each worker's squares in the order of its parameters: summed as one worker would. */
export function cutNorm({ config, parallel, all }: CutModel): (squares: readonly number[]) => number {
  const workers = Array.from({ length: all.size }, (_, rank) => {
    const place = placeOf(rank, parallel);
    return { names: [...shapesAt(config, place).keys()], own: ownedAt(config, place) };
  });
  return (squares) => {
    const sums = new Map([...shapesAt(config, { column: 0, columns: 1, stage: 0, stages: 1 }).keys()].map((name) => [name, 0]));
    for (const [rank, { names, own }] of workers.entries()) {
      const numbers = rank === all.rank ? Float64Array.from(squares) : new Float64Array(names.length);
      shareNumbers(all, numbers, rank);
      for (const [i, name] of names.entries()) if (own.has(name)) sums.set(name, sums.get(name)! + numbers[i]!);
    }
    return Math.sqrt([...sums.values()].reduce((a, b) => a + b));
  };
}

/** The whole model's state on rank 0, from the pieces of all; all call it together. */
export function gatherState({ config, parallel, all }: CutModel, state: TrainState): TrainState {
  const whole = (pieces: TrainState["weights"]) => gatherWeights(config, pieces, parallel, all);
  return { ...state, weights: whole(state.weights), optimiser: whole(state.optimiser) };
}
