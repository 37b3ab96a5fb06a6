import type { TrainEvent } from "@inkseal/lab";
import type { Point } from "./loss-curve.ts";

/** What a training's events add up to, for a report while it runs. */
export class TrainingStory {
  readonly train: Point[] = [];
  readonly held: Point[] = [];
  start: Extract<TrainEvent, { type: "start" }> | undefined;
  last: Extract<TrainEvent, { type: "step" }> | undefined;
  end: Extract<TrainEvent, { type: "end" }> | undefined;
  /** The newest checkpoint's step. */
  kept: number | undefined;
  best = Number.POSITIVE_INFINITY;
  epsilon: number | undefined;
  #mean = 0;
  #weight = 0;
  #pace: number | undefined;

  add(event: TrainEvent): void {
    if (event.type === "start") {
      this.start = event;
      // what replicas that lost one did after the checkpoint is done again
      for (const points of [this.train, this.held]) while (points.length > 0 && points.at(-1)![0] > event.step) points.pop();
      this.best = Math.min(Number.POSITIVE_INFINITY, ...this.held.map(([, loss]) => loss));
      this.last = undefined;
      this.#pace = undefined;
    } else if (event.type === "step") {
      this.last = event;
      // an exponential mean over some 20 steps, right from the first one on (as Adam's)
      this.#mean = 0.95 * this.#mean + 0.05 * event.loss;
      this.#weight = 0.95 * this.#weight + 0.05;
      this.train.push([event.step, this.loss]);
      const { tokensPerSecond: now } = event;
      this.#pace = this.#pace === undefined ? now : 0.9 * this.#pace + 0.1 * now;
    } else if (event.type === "evaluation") {
      this.held.push([event.step, event.loss]);
      this.best = Math.min(this.best, event.loss);
      this.epsilon = event.epsilon ?? this.epsilon;
    } else if (event.type === "checkpoint") this.kept = event.step;
    else this.end = event;
  }

  /** Smoothed, nats. */
  get loss(): number {
    return this.#weight === 0 ? Number.NaN : this.#mean / this.#weight;
  }
  get tokensPerSecond(): number | undefined {
    return this.#pace;
  }
  /** Seconds to the last step, evaluations not counted. */
  get left(): number | undefined {
    const { start, last } = this;
    if (start === undefined || last === undefined || this.#pace === undefined) return undefined;
    return ((start.steps - last.step) * start.tokensPerStep) / this.#pace;
  }
}
