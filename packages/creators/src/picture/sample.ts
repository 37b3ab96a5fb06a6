import * as t from "@inkseal/lab";
import { type Random, Tensor } from "@inkseal/lab";
import { foresee, nearest, type Wish } from "./flow.ts";
import type { PictureModel } from "./model.ts";

export interface Sampling {
  readonly wishes: readonly Wish[];
  /** Words to keep away from: guidance leads from there to the wish. None: from a picture of anything in the wish's style. */
  readonly away: readonly number[];
  readonly steps: number;
  /** Classifier-free guidance (Ho & Salimans 2022); 1 asks the model once a step, not twice. */
  readonly guidance: number;
  readonly random: Random;
  /** Deviation of the noise it begins from: below 1 pictures are more usual and cleaner. */
  readonly temperature: number;
  readonly from?: Start;
}
/** A picture to begin from. */
export interface Start {
  /** Its grid, [8, 8, latent], normed. */
  readonly grid: Float32Array;
  /** How much of it is given up to noise, 0 to 1. */
  readonly strength: number;
  /** 1 at places that stay as they are, [64]. */
  readonly keep?: Float32Array;
}
/** Walks from noise to normed grids; yields after each step, also what the end would be if the path were straight from here. */
export function* sampleGrids(
  model: Pick<PictureModel, "config" | "flow" | "backend">,
  { wishes, away, steps, guidance, random, temperature, from }: Sampling,
): Generator<{ readonly step: number; readonly steps: number; readonly grids: Float32Array }> {
  const { latent } = model.config.flow;
  const B = wishes.length;
  const size = 64 * latent;
  const noise = t.fillNormal(random, new Float32Array(B * size), 0, temperature);
  const state = noise.slice();
  const start = from === undefined ? 0 : 1 - from.strength;
  /** Where the given picture is at a time, with this noise. */
  const given = (i: number, time: number): number => time * from!.grid[i % size]! + (1 - time) * noise[i]!;
  if (from !== undefined) for (let i = 0; i < state.length; i++) state[i] = given(i, start);
  const unwished = wishes.map((w) => ({ words: away, style: w.style }));
  const slope = (time: number): Float32Array =>
    t.scope(() =>
      t.untracked(() => {
        const here = Tensor.from(model.backend, state, [B, 8, 8, latent]);
        if (guidance === 1) return slopeOf(model, here, time, wishes).slice();
        const both = slopeOf(model, t.concat([here, here], 0), time, [...wishes, ...unwished]);
        const half = state.length;
        return state.map((_, i) => both[half + i]! + guidance * (both[i]! - both[half + i]!));
      }),
    );
  const count = Math.max(1, Math.round(steps * (1 - start)));
  const h = (1 - start) / count;
  for (let step = 0; step < count; step++) {
    const time = start + h * step;
    const v = slope(time);
    const ahead = state.map((x, i) => x + (1 - time) * v[i]!);
    for (let i = 0; i < state.length; i++) {
      const moved = state[i]! + h * v[i]!;
      const kept = from?.keep?.[Math.floor((i % size) / latent)] ?? 0;
      state[i] = kept === 0 ? moved : kept * given(i, time + h) + (1 - kept) * moved;
    }
    yield { step: step + 1, steps: count, grids: step + 1 === count ? state : ahead };
  }
}
function slopeOf(
  { config, flow }: Pick<PictureModel, "config" | "flow">,
  here: Tensor,
  time: number,
  wishes: readonly Wish[],
): Float32Array {
  const end = foresee(config.flow, flow, here, new Array<number>(wishes.length).fill(time), wishes);
  return t.scale(t.sub(end, here), 1 / Math.max(nearest, 1 - time)).valuesSync();
}
