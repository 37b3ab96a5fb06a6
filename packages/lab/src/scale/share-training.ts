import { InksealError } from "@inkseal/core";
import { size } from "../tensor/index.ts";
import type { TrainState } from "../train/train.ts";
import type { Weights } from "../weights.ts";
import type { Reduce } from "./reduce.ts";

type Shapes = readonly (readonly [name: string, shape: readonly number[]])[];
interface Head {
  readonly step: number;
  readonly state: TrainState["state"];
  readonly weights: Shapes;
  readonly optimiser: Shapes;
}

/** Rank 0's checkpoint, on all ranks; undefined when it has none. What the other ranks pass is ignored. */
export async function shareTraining(reduce: Reduce, mine: TrainState | undefined): Promise<TrainState | undefined> {
  const shapes = (weights: Weights): Shapes => [...weights].map(([name, { shape }]) => [name, shape]);
  const text =
    mine === undefined ? "null" : JSON.stringify({ ...mine, weights: shapes(mine.weights), optimiser: shapes(mine.optimiser) });
  const head = JSON.parse(await shareText(reduce, text)) as Head | null;
  if (head === null) return undefined;
  const { step, state } = head;
  const weights = await shareWeights(reduce, head.weights, mine?.weights);
  return { step, state, weights, optimiser: await shareWeights(reduce, head.optimiser, mine?.optimiser) };
}

/** Throws `conflict` on each rank whose `text` is not rank 0's: replicas that train differently would drift apart in silence. */
export async function checkAgreed(reduce: Reduce, what: string, text: string): Promise<void> {
  if ((await shareText(reduce, text)) !== text)
    throw new InksealError("conflict", `rank ${reduce.rank} has ${what} unlike rank 0's`);
}

/** The text of rank 0. */
async function shareText(reduce: Reduce, text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const length = Float32Array.of(bytes.length);
  await reduce.broadcast(length, 0);
  // A float holds a byte exactly; a bit pattern that happens to be a NaN might not survive the way.
  const floats = reduce.rank === 0 ? Float32Array.from(bytes) : new Float32Array(length[0]!);
  await reduce.broadcast(floats, 0);
  return new TextDecoder().decode(Uint8Array.from(floats));
}
async function shareWeights(reduce: Reduce, shapes: Shapes, mine: Weights | undefined): Promise<Weights> {
  const out = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, shape] of shapes) {
    const data = reduce.rank === 0 ? mine!.get(name)!.data : new Float32Array(size(shape));
    await reduce.broadcast(data, 0);
    out.set(name, { shape, data });
  }
  return out;
}
