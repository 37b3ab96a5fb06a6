import type { TrainEventJson } from "@inkseal/client";

export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
  readonly rate: number;
}
/** A training as it is drawn. Steps rise. */
export interface Curve {
  readonly steps: readonly CurvePoint[];
  readonly held: readonly { readonly step: number; readonly loss: number; readonly best: boolean }[];
  readonly tokensPerStep: number;
  /** Of the last steps, tokens. */
  readonly speeds: readonly number[];
  readonly joules: number;
}
export const emptyCurve: Curve = { steps: [], held: [], tokensPerStep: 0, speeds: [], joules: 0 };

/** Points kept: with more, every other one goes. */
const most = 3_000;
/** Steps whose mean is the speed. */
const window = 30;

/** The curve after more of what a training reports. A step that comes again (a resumed training does some anew) counts as it came last. */
export function withEvents(curve: Curve, events: readonly TrainEventJson[]): Curve {
  let { tokensPerStep, joules } = curve;
  let steps = [...curve.steps];
  const held = [...curve.held];
  const speeds = [...curve.speeds];
  const back = (list: { readonly step: number }[], step: number): void => {
    while (list.length > 0 && list.at(-1)!.step >= step) list.pop();
  };
  for (const event of events) {
    if (event.type === "start") {
      tokensPerStep = event.tokensPerStep;
      back(steps, event.step + 1);
      back(held, event.step + 1);
    } else if (event.type === "step") {
      joules = Math.max(joules, event.joules);
      if (event.tokensPerSecond !== null) speeds.push(event.tokensPerSecond);
      back(steps, event.step);
      if (event.loss !== null) steps.push({ step: event.step, loss: event.loss, rate: event.learningRate ?? 0 });
    } else if (event.type === "evaluation") {
      back(held, event.step);
      if (event.loss !== null) held.push({ step: event.step, loss: event.loss, best: event.best });
    } else if (event.type === "end") joules = Math.max(joules, event.joules);
  }
  while (steps.length > most) steps = steps.filter((_, i) => i % 2 === 0 || i === steps.length - 1);
  return { steps, held, tokensPerStep, speeds: speeds.slice(-window), joules };
}

/** A mean that follows the losses, weighing a step by how near it is: over some hundredth of the curve. */
export function smoothed(points: readonly CurvePoint[]): readonly number[] {
  const keep = Math.exp(-1 / Math.max(2, points.length / 100));
  let sum = 0;
  let weight = 0;
  return points.map(({ loss }) => {
    sum = keep * sum + loss;
    weight = keep * weight + 1;
    return sum / weight;
  });
}

/** Tokens a second, of the last steps. */
export const speedOf = ({ speeds }: Curve): number | undefined =>
  speeds.length === 0 ? undefined : speeds.length / speeds.reduce((sum, speed) => sum + 1 / Math.max(speed, 1e-9), 0);

/** Milliseconds to the last step, at the speed of now. */
export function leftOf(curve: Curve, steps: number): number | undefined {
  const speed = speedOf(curve);
  const step = curve.steps.at(-1)?.step;
  if (speed === undefined || step === undefined || curve.tokensPerStep === 0) return undefined;
  return (Math.max(0, steps - step) * curve.tokensPerStep * 1000) / speed;
}

/** Round numbers, some `count` of them, from `low` to `high`. */
export function ticksOf(low: number, high: number, count: number): readonly number[] {
  const rough = Math.max(high - low, 1e-9) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const by = ([1, 2, 5, 10].find((n) => n * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let n = Math.ceil(low / by - 1e-9); n * by <= high + by * 1e-9; n++) ticks.push(Number((n * by).toPrecision(12)));
  return ticks;
}
