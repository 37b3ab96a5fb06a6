import { useEffect, useRef, useState } from "react";
import { formatNumber } from "../../i18n/format.ts";
import { words } from "../../i18n/words.ts";
import { type Curve, smoothed, ticksOf } from "../../state/curve.ts";
import { useSettings, useT } from "../../state/settings.ts";

const height = 260;
const edge = { left: 40, right: 10, top: 10, bottom: 24 };

/** Each step's loss faint, their run smoothed, what was held out as points, and the learning rate along the foot. `steps` is where it ends. */
export function LossCurve({ curve, steps }: { curve: Curve; steps: number }) {
  const t = useT();
  const locale = useSettings((s) => s.locale);
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(640);
  useEffect(() => {
    if (frame.current === null) return;
    const watch = new ResizeObserver(([entry]) => entry && setWidth(Math.max(240, entry.contentRect.width)));
    watch.observe(frame.current);
    return () => watch.disconnect();
  }, []);
  const { lab } = words;
  if (curve.steps.length === 0 && curve.held.length === 0)
    return (
      <div ref={frame} className="curve curve-empty">
        <p className="note">{t(lab.waiting)}</p>
      </div>
    );

  const smooth = smoothed(curve.steps);
  const losses = [...curve.steps.map((p) => p.loss), ...curve.held.map((p) => p.loss)];
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const pad = Math.max((high - low) * 0.06, 1e-6);
  const last = Math.max(steps, curve.steps.at(-1)?.step ?? 0, curve.held.at(-1)?.step ?? 0, 1);
  const inner = { width: width - edge.left - edge.right, height: height - edge.top - edge.bottom };
  const x = (step: number): number => edge.left + (step / last) * inner.width;
  const y = (loss: number): number => edge.top + ((high + pad - loss) / (high - low + 2 * pad)) * inner.height;
  const line = (points: readonly (readonly [number, number])[]): string =>
    points.map(([px, py], i) => `${i === 0 ? "M" : "L"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
  const rates = curve.steps.map((p) => p.rate);
  const fastest = Math.max(...rates, 1e-12);
  const foot = edge.top + inner.height;
  const figure = (value: number, digits = 2): string => formatNumber(value, locale, digits);

  return (
    <div ref={frame} className="curve">
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={t(
          lab.curveSaid(figure(curve.steps[0]?.loss ?? high), figure(smooth.at(-1) ?? low), curve.steps.at(-1)?.step ?? 0),
        )}
      >
        {ticksOf(low - pad, high + pad, 5).map((tick) => (
          <g key={tick} className="curve-tick">
            <line x1={edge.left} x2={width - edge.right} y1={y(tick)} y2={y(tick)} />
            <text x={edge.left - 8} y={y(tick) + 4} textAnchor="end">
              {figure(tick)}
            </text>
          </g>
        ))}
        {ticksOf(0, last, width < 480 ? 3 : 6).map((tick) => (
          <text
            key={tick}
            className="curve-step"
            x={x(tick)}
            y={height - 6}
            textAnchor={x(tick) > width - 30 ? "end" : "middle"}
          >
            {figure(tick, 0)}
          </text>
        ))}
        <path
          className="curve-rate"
          d={line(curve.steps.map((p) => [x(p.step), foot - (p.rate / fastest) * inner.height * 0.2]))}
        />
        <path className="curve-loss" d={line(curve.steps.map((p) => [x(p.step), y(p.loss)]))} />
        <path className="curve-smooth" d={line(curve.steps.map((p, i) => [x(p.step), y(smooth[i] as number)]))} />
        {curve.held.map((p) => (
          <circle
            key={p.step}
            className={p.best ? "curve-held curve-best" : "curve-held"}
            cx={x(p.step)}
            cy={y(p.loss)}
            r={3.5}
          />
        ))}
      </svg>
      <ul className="curve-legend" aria-hidden="true">
        <li className="of-loss">{t(lab.legend.loss)}</li>
        <li className="of-smooth">{t(lab.legend.smooth)}</li>
        <li className="of-held">{t(lab.legend.held)}</li>
        <li className="of-rate">{t(lab.legend.rate)}</li>
      </ul>
    </div>
  );
}
