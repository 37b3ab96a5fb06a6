import type { TrainingJson } from "@inkseal/client";
import { type ErrorCode, errorTable, InksealError } from "@inkseal/core";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { api, troubleOf } from "../../api.ts";
import { formatNumber } from "../../i18n/format.ts";
import { words } from "../../i18n/words.ts";
import { Progress } from "../../parts/Progress.tsx";
import { saveBlob } from "../../parts/save-blob.ts";
import { Trouble } from "../../parts/Trouble.tsx";
import { useLoad } from "../../state/load.ts";
import { useSettings, useT } from "../../state/settings.ts";
import { useTraining } from "../../state/trainings.ts";
import { Figures } from "./Figures.tsx";
import { LossCurve } from "./LossCurve.tsx";
import { Standing } from "./Standing.tsx";
import { TryIt } from "./TryIt.tsx";

/** One training: its curve as it grows, what it costs, and its model once there is one. */
export function TrainingPage({ name }: { name: string }) {
  const t = useT();
  const locale = useSettings((s) => s.locale);
  const { training, curve, trouble, reload } = useTraining(name);
  const { lab } = words;
  return (
    <>
      <Link className="back" href="/lab">
        ← {t(lab.back)}
      </Link>
      {trouble !== undefined && <Trouble trouble={trouble} onRetry={reload} />}
      {training === undefined && trouble === undefined && <Progress label={t(words.app.loading)} />}
      {training === undefined && <h1 className="sr">{name}</h1>}
      {training !== undefined && (
        <article className="training">
          <header className="training-head">
            <h1>{name}</h1>
            <Standing training={training} />
          </header>
          <section className="sheet training-sheet" aria-label={t(lab.curve)}>
            <LossCurve curve={curve} steps={training.steps} />
            <Figures training={training} curve={curve} />
          </section>
          {training.error !== undefined && <Trouble trouble={errorOf(training.error)} />}
          <Doings training={training} onChange={reload} />
          {training.model !== undefined && <TryIt model={training.model} />}
          <p className="honest">{t(lab.carbonNote(formatNumber(training.gramsPerKwh, locale, 0)))}</p>
          <Settings name={name} />
        </article>
      )}
    </>
  );
}

function errorOf({ code, message, run }: NonNullable<TrainingJson["error"]>): InksealError {
  const known = (Object.hasOwn(errorTable, code) ? code : "internal") as ErrorCode;
  return new InksealError(known, message, run === null ? {} : { run });
}

/** Stop or go on, download, delete after asking once. */
function Doings({ training, onChange }: { training: TrainingJson; onChange: () => void }) {
  const t = useT();
  const [, go] = useLocation();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<InksealError>();
  const { lab } = words;
  const { name, state, outcome } = training;
  const act = (work: () => Promise<unknown>, after: () => void) => {
    setBusy(true);
    setTrouble(undefined);
    work()
      .then(after, (thrown: unknown) => setTrouble(troubleOf(thrown)))
      .finally(() => setBusy(false));
  };
  if (asking)
    return (
      <div className="ask" role="alertdialog" aria-label={t(lab.delete)}>
        <p>{t(lab.deleteAsk)}</p>
        <div className="actions">
          <button
            className="button button-danger"
            type="button"
            disabled={busy}
            onClick={() =>
              act(
                () => api().trainings.delete(name),
                () => go("/lab"),
              )
            }
          >
            {t(lab.deleteYes)}
          </button>
          {/* biome-ignore lint/a11y/noAutofocus: the safe answer is under the finger that asked */}
          <button className="button" type="button" autoFocus onClick={() => setAsking(false)}>
            {t(lab.deleteNo)}
          </button>
        </div>
      </div>
    );
  const over = outcome === "finished" || outcome === "early-stop";
  return (
    <div className="actions">
      {state !== "idle" && (
        <button
          className="button"
          type="button"
          disabled={busy || state === "stopping"}
          onClick={() =>
            act(
              () => api().trainings.stop(name),
              () => {},
            )
          }
        >
          {t(state === "stopping" ? lab.state.stopping : lab.stop)}
        </button>
      )}
      {state === "idle" && !over && (
        <button
          className="button"
          type="button"
          disabled={busy}
          onClick={() => act(() => api().trainings.resume(name), onChange)}
        >
          {t(lab.resume)}
        </button>
      )}
      {training.modelBytes !== undefined && (
        <button
          className="button"
          type="button"
          disabled={busy}
          onClick={() =>
            act(
              async () => saveBlob(await api().trainings.model(name), `${name}.tar`),
              () => {},
            )
          }
        >
          {t(lab.download)}
        </button>
      )}
      {state === "idle" && (
        <button className="button button-quiet" type="button" disabled={busy} onClick={() => setAsking(true)}>
          {t(lab.delete)}
        </button>
      )}
      {trouble !== undefined && <Trouble trouble={trouble} />}
    </div>
  );
}

function Settings({ name }: { name: string }) {
  const t = useT();
  const { value } = useLoad((signal) => api().trainings.get(name, { signal }), [name]);
  if (value === undefined) return null;
  return (
    <details className="lab-advanced">
      <summary>{t(words.lab.settings)}</summary>
      <pre className="mono">{JSON.stringify(value.config, null, 2)}</pre>
    </details>
  );
}
