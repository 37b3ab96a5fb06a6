import type { TrainingJson } from "@inkseal/client";
import { gramsCo2e } from "@inkseal/core";
import type { ReactNode } from "react";
import { formatCo2e, formatEnergy, formatNumber, formatSpan } from "../../i18n/format.ts";
import { words } from "../../i18n/words.ts";
import { type Curve, leftOf, smoothed, speedOf } from "../../state/curve.ts";
import { useSettings, useT } from "../../state/settings.ts";

/** How far a training is, how well it learns, and what it costs. */
export function Figures({ training, curve }: { training: TrainingJson; curve: Curve }) {
  const t = useT();
  const locale = useSettings((s) => s.locale);
  const { figure } = words.lab;
  const number = (value: number | undefined, digits: number): string =>
    value === undefined ? "–" : formatNumber(value, locale, digits);
  const step = curve.steps.at(-1)?.step ?? training.step;
  const under = training.state === "running";
  const left = under ? leftOf(curve, training.steps) : undefined;
  const held = curve.held.length === 0 ? training.heldOut : Math.min(...curve.held.map((p) => p.loss));
  const joules = Math.max(curve.joules, training.joules);
  const rate = curve.steps.at(-1)?.rate;
  const all: (readonly [string, ReactNode])[] = [
    [t(figure.step), `${number(step, 0)} / ${number(training.steps, 0)}`],
    [t(figure.left), left === undefined ? "–" : formatSpan(Math.max(1000, Math.round(left / 1000) * 1000), locale)],
    [t(figure.loss), number(smoothed(curve.steps).at(-1) ?? training.loss, 3)],
    [t(figure.held), number(held, 3)],
    [t(figure.speed), number(speedOf(curve), 0)],
    [t(figure.rate), rate === undefined ? "–" : rate.toPrecision(2)],
    [t(figure.energy), formatEnergy(joules, locale)],
    [t(figure.carbon), formatCo2e(gramsCo2e(joules, training.gramsPerKwh), locale)],
  ];
  return (
    <dl className="figures">
      {all.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
