import type { TrainingJson } from "@inkseal/client";
import { Link } from "wouter";
import { api } from "../../api.ts";
import { formatCo2e, formatEnergy, formatNumber } from "../../i18n/format.ts";
import { words } from "../../i18n/words.ts";
import { Progress } from "../../parts/Progress.tsx";
import { Trouble } from "../../parts/Trouble.tsx";
import { useLoad } from "../../state/load.ts";
import { useSettings, useT } from "../../state/settings.ts";
import { NewTraining } from "./NewTraining.tsx";
import { Standing } from "./Standing.tsx";

/** Where small models are trained: a form for a new one, and those that there are. */
export function Lab() {
  const t = useT();
  const { value, trouble, loading, reload } = useLoad((signal) => api().trainings.list({ signal }), []);
  const { lab } = words;
  return (
    <>
      <header className="room-head">
        <h1>{t(lab.title)}</h1>
        <p>{t(lab.lead)}</p>
      </header>
      {trouble !== undefined && <Trouble trouble={trouble} onRetry={reload} />}
      {loading && value === undefined && <Progress label={t(words.app.loading)} />}
      {value !== undefined && <NewTraining taken={value.map(({ name }) => name)} />}
      {value !== undefined && (
        <section className="lab-list">
          <h2 className="section-head">{t(lab.trainings)}</h2>
          {value.length === 0 && <p className="note">{t(lab.none)}</p>}
          <ul>
            {value.map((training) => (
              <Row key={training.name} training={training} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Row({ training }: { training: TrainingJson }) {
  const locale = useSettings((s) => s.locale);
  const t = useT();
  const { name, step, steps, heldOut, joules, gramsCo2e } = training;
  return (
    <li className="sheet lab-row">
      <Link href={`/lab/${encodeURIComponent(name)}`}>{name}</Link>
      <Standing training={training} />
      <span className="note num">
        {t(words.lab.figure.step)} {formatNumber(step, locale, 0)} / {formatNumber(steps, locale, 0)}
        {heldOut !== undefined && ` · ${t(words.lab.figure.held)} ${formatNumber(heldOut, locale, 3)}`}
        {joules > 0 && ` · ${formatEnergy(joules, locale)} · ${formatCo2e(gramsCo2e, locale)}`}
      </span>
    </li>
  );
}
