import { normal } from "../data/gaussian.ts";
import type { Tensor } from "../tensor/index.ts";
import * as t from "../tensor/index.ts";
import type { Random } from "../weights.ts";
import type { Columns, VaeConfig } from "./config.ts";
import { type Parameters, parameter } from "./parameters.ts";
import { draw, tableLayout } from "./table-transform.ts";

/** p(x | z) of a decoder whose last layer says `out` [B, width], for examples x [B, width]. */
export interface Likelihood {
  readonly width: number;
  /** Of its own parameter `deviation`, if it has one. */
  readonly deviations: number;
  /** ln p(x | z), nats, [B, 1]. */
  log(p: Parameters, out: Tensor, x: Tensor): Tensor;
  /** The mean of x, or the most probable of choices, [B, width]. */
  mean(out: Tensor): Float32Array;
  /** Examples drawn, [B, width]. */
  draw(p: Parameters, out: Tensor, random: Random): Float32Array;
}

export function likelihoodOf(c: VaeConfig): Likelihood {
  if (c.columns !== undefined) return ofTable(c.columns);
  const { height, width, channels } = c.picture!;
  return c.likelihood === "gaussian" ? gaussian(height * width * channels) : bernoulli(height * width * channels);
}

/** Pixels from 0 to 1 as chances of ink. A grey counts as the mean over black and white, so only for black and white is it a probability. */
const bernoulli = (width: number): Likelihood => ({
  width,
  deviations: 0,
  log: (_, out, x) => t.sum(t.sub(t.mul(x, out), t.softplus(out)), [1], true),
  mean: (out) => t.sigmoid(out).valuesSync(),
  draw: (_, out, random) =>
    t
      .sigmoid(out)
      .valuesSync()
      .map((chance) => (random() < chance ? 1 : 0)),
});

/** Pixels from 0 to 1 with one learned deviation: ln p is a density. */
const gaussian = (width: number): Likelihood => ({
  width,
  deviations: 1,
  log: (p, out, x) => t.sum(logNormal(x, out, deviation(p)), [1], true),
  mean: (out) => t.clamp(out, 0, 1).valuesSync(),
  draw: (p, out, random) => {
    const by = deviation(p).valuesSync()[0]!;
    return out.valuesSync().map((mean) => Math.min(1, Math.max(0, mean + by * normal(random))));
  },
});

/** Encoded rows (TVAE, Xu et al. 2019): a number's place is normal around tanh(out) with a deviation of its column, a choice is categorical. */
function ofTable(columns: Columns): Likelihood {
  const { width, spans } = tableLayout(columns);
  const places = spans.filter((span) => span.kind === "place");
  const part = (x: Tensor, at: number, size: number): Tensor => t.slice(x, 1, at, at + size);
  return {
    width,
    deviations: places.length,
    log(p, out, x) {
      let sum: Tensor | undefined;
      const own = places.length === 0 ? undefined : deviation(p);
      for (const { column, kind, at, size } of spans) {
        const [target, said] = [part(x, at, size), part(out, at, size)];
        let log: Tensor;
        if (kind === "choice") log = t.sum(t.mul(target, t.logSoftmax(said)), [1], true);
        else {
          const i = places.findIndex((place) => place.at === at);
          log = logNormal(target, t.tanh(said), t.slice(own!, 0, i, i + 1));
          const { size: modes } = spans.find((s) => s.at === at + 1)!;
          // a number that is missing has no place
          if ("missing" in columns[column]!) log = t.mul(log, t.affine(part(x, at + modes, 1), -1, 1));
        }
        sum = sum === undefined ? log : t.add(sum, log);
      }
      return sum!;
    },
    mean: (out) => drawn(out, Math.tanh, (weights) => weights.indexOf(Math.max(...weights))),
    draw(p, out, random) {
      const by = places.length === 0 ? [] : [...deviation(p).valuesSync()];
      const place = (said: number, i: number): number => Math.min(1, Math.max(-1, Math.tanh(said) + by[i]! * normal(random)));
      return drawn(out, place, (weights) => draw(weights, random));
    },
  };
  function drawn(
    out: Tensor,
    place: (said: number, i: number) => number,
    choose: (weights: Float32Array) => number,
  ): Float32Array {
    const said = out.valuesSync();
    const rows = new Float32Array(said.length);
    for (let start = 0; start < said.length; start += width)
      for (const { kind, at, size } of spans) {
        if (kind === "place")
          rows[start + at] = place(
            said[start + at]!,
            places.findIndex((p) => p.at === at),
          );
        else {
          const scores = said.subarray(start + at, start + at + size);
          const top = Math.max(...scores);
          rows[start + at + choose(scores.map((score) => Math.exp(score - top)))] = 1;
        }
      }
    return rows;
  }
}

/** From 0.01 to 1, as in TVAE; without a bound a column that the model knows exactly would take all of the loss. */
const deviation = (p: Parameters): Tensor => t.affine(t.sigmoid(parameter(p, "deviation")), 0.99, 0.01);
/** sigmoid⁻¹ of what makes a deviation of 0.1: TVAE's start. */
export const startingDeviation = -2.3;

function logNormal(x: Tensor, mean: Tensor, by: Tensor): Tensor {
  const off = t.square(t.div(t.sub(x, mean), by));
  return t.sub(t.affine(off, -0.5, -0.5 * Math.log(2 * Math.PI)), t.log(by));
}
