import type { TrainConfig } from "./config.ts";

export type ScheduleConfig = Pick<TrainConfig, "schedule" | "learningRate" | "finalRate" | "warmup" | "steps">;

/** The learning rate of optimiser step `step` (from 1): a linear warm-up, then down to `finalRate · learningRate` at the last step. */
export function learningRate({ schedule, learningRate: top, finalRate, warmup, steps }: ScheduleConfig, step: number): number {
  if (step <= warmup) return (top * step) / (warmup + 1);
  const progress = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
  const between = (share: number): number => top * (finalRate + (1 - finalRate) * share);
  switch (schedule) {
    case "constant":
      return top;
    case "linear":
      return between(1 - progress);
    case "cosine":
      return between(0.5 * (1 + Math.cos(Math.PI * progress)));
    case "warmup-stable-decay":
      // flat for four fifths, then linear (MiniCPM, Hu et al. 2024)
      return between(Math.min(1, (1 - progress) / 0.2));
  }
}
