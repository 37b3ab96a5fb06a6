import type { TrainEventJson } from "@inkseal/client";
import { describe, expect, it } from "vitest";
import { emptyCurve, leftOf, smoothed, speedOf, ticksOf, withEvents } from "./curve.ts";

const start = (step: number): TrainEventJson => ({ type: "start", step, steps: 100, parameters: 1, tokensPerStep: 50 });
const step = (n: number, loss: number | null, tokensPerSecond = 100): TrainEventJson => ({
  type: "step",
  step: n,
  loss,
  learningRate: 0.1,
  tokensPerSecond,
  joules: n,
});
const held = (n: number, loss: number): TrainEventJson => ({ type: "evaluation", step: n, loss, best: true });

describe("the curve of a training", () => {
  it("takes a step that comes again as it came last, in one piece or in many", () => {
    const events = [
      start(0),
      step(1, 5),
      step(2, 4),
      held(2, 4.5),
      step(3, 9),
      start(2),
      step(3, 3),
      step(4, null),
      held(4, 3),
    ];
    const curve = withEvents(emptyCurve, events);
    expect(curve.steps.map((p) => [p.step, p.loss])).toEqual([
      [1, 5],
      [2, 4],
      [3, 3],
    ]);
    expect(curve.held.map((p) => p.step)).toEqual([2, 4]);
    expect(curve.joules).toBe(4);
    let piecewise = emptyCurve;
    for (const event of events) piecewise = withEvents(piecewise, [event]);
    expect(piecewise).toEqual(curve);
    expect(withEvents(curve, [step(3, 3)]).steps).toEqual(curve.steps); // the stream says again what the log had
  });

  it("stays small, with its first and last step", () => {
    const long = withEvents(emptyCurve, [start(0), ...Array.from({ length: 20_000 }, (_, i) => step(i + 1, 1))]);
    expect(long.steps.length).toBeLessThanOrEqual(3_000);
    expect([long.steps[0]!.step, long.steps.at(-1)!.step]).toEqual([1, 20_000]);
  });

  it("knows its speed and how long it will take", () => {
    const curve = withEvents(emptyCurve, [start(0), step(1, 1, 100), step(2, 1, 300)]);
    expect(speedOf(curve)).toBeCloseTo(150); // of equal work, the mean over time
    expect(leftOf(curve, 100)).toBeCloseTo((98 * 50 * 1000) / 150);
    expect(leftOf(emptyCurve, 100)).toBeUndefined();
  });

  it("is smoothed between what it was and what it is", () => {
    const flat = Array.from({ length: 50 }, (_, i) => ({ step: i, loss: 2, rate: 0 }));
    for (const value of smoothed(flat)) expect(value).toBeCloseTo(2);
    const fall = smoothed([...flat, { step: 50, loss: 1, rate: 0 }]).at(-1)!;
    expect(fall).toBeLessThan(2);
    expect(fall).toBeGreaterThan(1);
  });
});

it("ticks are round numbers within the range", () => {
  expect(ticksOf(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(ticksOf(1.234, 2.1, 4)).toEqual([1.5, 2]);
  expect(ticksOf(0.03, 0.11, 4)).toEqual([0.04, 0.06, 0.08, 0.1]);
});
