import { useEffect, useState } from "react";
import { formatSpan } from "../i18n/format.ts";
import { useSettings } from "../state/settings.ts";

/** Shown once the work has taken a second: quick work needs no bar. `since` in `performance.now()` milliseconds. */
export function Progress({ label, fraction, since }: { label: string; fraction?: number; since?: number }) {
  const locale = useSettings((s) => s.locale);
  const [start] = useState(() => since ?? performance.now());
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const spent = now - start;
  if (spent < 1000) return null;
  const percent = fraction === undefined ? undefined : Math.round(Math.min(1, Math.max(0, fraction)) * 100);
  return (
    <div className={percent === undefined ? "progress progress-unknown" : "progress"}>
      <div className="progress-line">
        <span>{label}</span>
        <span>
          {percent !== undefined && `${percent} % · `}
          {formatSpan(Math.floor(spent / 1000) * 1000, locale)}
        </span>
      </div>
      <div
        className="progress-track"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
      >
        <div className="progress-fill" style={percent === undefined ? undefined : { width: `${percent}%` }} />
      </div>
    </div>
  );
}
