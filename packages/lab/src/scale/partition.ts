import { InksealError } from "@inkseal/core";
import { type GptConfig, gptShapes, gptSizes } from "../models/config.ts";
import { size } from "../tensor/index.ts";
import type { Values, Weights } from "../weights.ts";
import type { BlockingReduce } from "./reduce.ts";

/**
 * How a GPT is cut over workers. `tensor`: each matrix inside a layer into columns of heads and of feed-forward units (Megatron-LM, Shoeybi
 * et al. 2019). `pipeline`: the layers into stages of equally many (GPipe, Huang et al. 2019). Both at once: each stage has its columns.
 */
export interface Parallel {
  readonly tensor: number;
  readonly pipeline: number;
}
/** Where one worker stands. Its rank among those of the model is stage · columns + column. */
export interface Place {
  readonly column: number;
  readonly columns: number;
  readonly stage: number;
  readonly stages: number;
}
export const placeOf = (rank: number, { tensor, pipeline }: Parallel): Place => ({
  column: rank % tensor,
  columns: tensor,
  stage: Math.floor(rank / tensor),
  stages: pipeline,
});
/** The layers of a stage, `to` not among them. */
export function layersOf({ layers }: GptConfig, { stage, stages }: Place): { from: number; to: number } {
  const each = layers / stages;
  return { from: stage * each, to: (stage + 1) * each };
}

/** Throws `bad-request` when numbers do not divide, `cannot-do` for a mixture of experts. */
export function checkCut(config: GptConfig, { tensor, pipeline }: Parallel): void {
  if (config.experts !== undefined && tensor * pipeline > 1)
    throw new InksealError("cannot-do", "a mixture of experts is not cut over workers; use replicas", { param: "parallel" });
  const { kvHeads, hidden } = gptSizes(config);
  const must = (part: keyof Parallel, by: number, name: string, whole: number) => {
    if (whole % by !== 0)
      throw new InksealError("bad-request", `parallel.${part}: ${name} of ${whole} cannot be cut into ${by}`, {
        param: `parallel.${part}`,
      });
  };
  must("tensor", tensor, "heads", config.heads);
  must("tensor", tensor, "kvHeads", kvHeads);
  must("tensor", tensor, "hidden", hidden);
  must("pipeline", pipeline, "layers", config.layers);
}

/** What of a parameter [rows, width] or [rows] a worker holds: `from` … `to` - 1 along an axis. */
interface Piece {
  readonly axis: 0 | 1;
  readonly from: number;
  readonly to: number;
  /** Whether no worker of a lower rank holds the same. */
  readonly own: boolean;
}

/**
 * Undefined when nothing. Norms, embedding and output are whole in each column: with vocabularies of up to a few thousand tokens they are less
 * work than the layers, and cutting them takes sums over the columns inside the softmax. A tied embedding is in the first and the last stage.
 */
function pieceOf(config: GptConfig, name: string, shape: readonly number[], place: Place): Piece | undefined {
  const stages = stagesOf(config, name, place.stages);
  if (!stages.includes(place.stage)) return undefined;
  const [, part] = /(\w+)_proj\.weight$/.exec(name) ?? [];
  const axis = part === "o" || part === "down" ? 1 : 0;
  const own = stages[0] === place.stage;
  if (part === undefined) return { axis, from: 0, to: shape[0]!, own: own && place.column === 0 };
  const each = shape[axis]! / place.columns;
  return { axis, from: place.column * each, to: (place.column + 1) * each, own };
}
function stagesOf(config: GptConfig, name: string, stages: number): readonly number[] {
  const [, layer] = /^model\.layers\.(\d+)\./.exec(name) ?? [];
  if (layer !== undefined) return [Math.floor((Number(layer) * stages) / config.layers)];
  if (name !== "model.embed_tokens.weight") return [stages - 1];
  return config.tied ? [0, stages - 1] : [0];
}

/** Names and shapes of what a worker holds, in the order of the whole model. */
export function shapesAt(config: GptConfig, place: Place): Map<string, readonly number[]> {
  const out = new Map<string, readonly number[]>();
  for (const [name, shape] of gptShapes(config)) {
    const piece = pieceOf(config, name, shape, place);
    if (piece !== undefined) out.set(name, shapeOf(piece, shape));
  }
  return out;
}
/** Names of which this worker's piece counts in sums over the whole model. */
export function ownedAt(config: GptConfig, place: Place): Set<string> {
  return new Set([...gptShapes(config)].flatMap(([name, shape]) => (pieceOf(config, name, shape, place)?.own ? [name] : [])));
}

/** A worker's pieces of the whole model's weights, or of its optimiser's state. */
export function cutWeights(config: GptConfig, weights: Weights, place: Place): Weights {
  const out = new Map<string, Values>();
  for (const [name, { shape, data }] of weights) {
    const piece = pieceOf(config, parameterOf(name), shape, place);
    if (piece === undefined) continue;
    const mine = new Float32Array(size(shapeOf(piece, shape)));
    for (const [whole, part, length] of runs(piece, shape)) mine.set(data.subarray(whole, whole + length), part);
    out.set(name, { shape: shapeOf(piece, shape), data: mine });
  }
  return out;
}

/**
 * The inverse: `mine` of each worker → the whole model's weights, or its optimiser's state, on rank 0; empty on the others. All ranks of `all`
 * call it together.
 */
export function gatherWeights(config: GptConfig, mine: Weights, parallel: Parallel, all: BlockingReduce): Weights {
  const out = new Map<string, Values>();
  const suffixes = [...mine.keys()].some((name) => name.endsWith(".m")) ? [".m", ".v"] : [""];
  for (const [parameter, shape] of gptShapes(config))
    for (const suffix of suffixes) {
      const name = `${parameter}${suffix}`;
      const data = new Float32Array(all.rank === 0 ? size(shape) : 0);
      for (let rank = 0; rank < all.size; rank++) {
        const piece = pieceOf(config, parameter, shape, placeOf(rank, parallel));
        if (!piece?.own) continue;
        const part = rank === all.rank ? mine.get(name)!.data : new Float32Array(size(shapeOf(piece, shape)));
        all.broadcastSync(part, rank);
        if (all.rank === 0)
          for (const [whole, at, length] of runs(piece, shape)) data.set(part.subarray(at, at + length), whole);
      }
      if (all.rank === 0) out.set(name, { shape, data });
    }
  return out;
}

/** Moments have the name of their parameter and .m or .v. */
const parameterOf = (name: string): string => name.replace(/\.[mv]$/, "");
const shapeOf = ({ axis, from, to }: Piece, shape: readonly number[]): number[] =>
  shape.map((length, i) => (i === axis ? to - from : length));
/** The runs of neighbours in a piece: where in the whole, where in the piece, how many. */
function* runs({ axis, from, to }: Piece, shape: readonly number[]): Iterable<[whole: number, part: number, length: number]> {
  const [rows, width = 1] = shape as [number, number?];
  if (axis === 0) return yield [from * width, 0, (to - from) * width];
  for (let row = 0; row < rows; row++) yield [row * width + from, row * (to - from), to - from];
}
