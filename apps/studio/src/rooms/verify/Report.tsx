import { type LayerVerdict, layerMeaning, timeStampOf, type VerifyReport } from "@inkseal/core";
import type { ReactNode } from "react";
import { formatNumber, formatSize, formatTime } from "../../i18n/format.ts";
import { words } from "../../i18n/words.ts";
import { icons } from "../../parts/icons.tsx";
import { RunFacts } from "../../parts/RunFacts.tsx";
import { Seal } from "../../parts/Seal.tsx";
import { useSettings, useT } from "../../state/settings.ts";

const signs = { valid: icons.tick, invalid: icons.cross, untrusted: icons.query, absent: icons.dash } as const;

/** The answer of `verify`: the verdict first, then what it rests on. */
export function Report({ file, report, children }: { file: File; report: VerifyReport; children: ReactNode }) {
  const t = useT();
  const locale = useSettings((s) => s.locale);
  const { verdict } = report;
  return (
    <div className="report">
      <section className={verdict === "recognised" ? "sheet verdict pressed" : "sheet verdict"} aria-live="polite">
        <Seal size={72} open={verdict !== "recognised"} />
        <div className="verdict-text">
          <h2 className={verdict === "altered" ? "bad" : undefined}>{t(words.verify.verdict[verdict])}</h2>
          <p>{t(words.verify.meaning[verdict])}</p>
          <p className="verdict-file num">
            {file.name} · {report.mediaType} · {formatSize(report.size, locale)}
          </p>
        </div>
      </section>
      <div className="actions">{children}</div>

      <section>
        <h2 className="section-head">{t(words.verify.layers)}</h2>
        <ul className="layers">
          {report.layers.map((layer) => (
            <Layer key={`${layer.layer} ${layer.method}`} verdict={layer} />
          ))}
        </ul>
      </section>

      <section>
        <h2 className="section-head">{t(words.verify.labelClass)}</h2>
        <p>{t(words.verify.labelClasses[`${report.labelClass}`])}</p>
      </section>

      {!report.unknown.includes("ledger") && (
        <section>
          <h2 className="section-head">{t(words.verify.row)}</h2>
          {report.row === undefined ? (
            <p className="note">{t(words.verify.noRow)}</p>
          ) : (
            <>
              {report.rowBy !== undefined && <p className="note row-by">{t(words.verify.rowBy[report.rowBy])}</p>}
              <RunFacts row={report.row} />
            </>
          )}
        </section>
      )}

      {report.likelihood.length > 0 && (
        <section>
          <h2 className="section-head">{t(words.verify.likelihood)}</h2>
          <p className="layer-detail">{t(words.verify.likelihoodIs)}</p>
          <ul className="layers">
            {report.likelihood.map((l) => (
              <li key={`${l.engine}/${l.model}`}>
                <span className="layer-status layer-untrusted">
                  {signs.untrusted}
                  {l.score.toFixed(1)}
                </span>
                <div>
                  <p className="layer-name mono">{`${l.engine}/${l.model}`}</p>
                  <p className="layer-detail">
                    {t(
                      words.verify.likelihoodMeans[l.of](
                        (100 * l.peopleAsHigh).toFixed(0),
                        l.measured.auc.toFixed(2),
                        (100 * l.measured.foundAtOnePercent).toFixed(0),
                        l.measured.set,
                      ),
                    )}
                  </p>
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}

      {report.resembles.length > 0 && (
        <section>
          <h2 className="section-head">{t(words.verify.resembles)}</h2>
          <ul className="layers">
            {report.resembles.map((r) => (
              <li key={r.artifact}>
                <span className="layer-status layer-untrusted">
                  {signs.untrusted}
                  {r.distance.toFixed(3)}
                </span>
                <div>
                  <p className="layer-name mono">{r.run}</p>
                  <p className="layer-detail">
                    <code>{r.alg}</code>{" "}
                    {t(
                      words.verify.resemblance(
                        r.distance.toFixed(3),
                        r.limit.toFixed(3),
                        r.falseLinks.found,
                        formatNumber(r.falseLinks.of, locale, 0),
                      ),
                    )}
                  </p>
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}

      {report.history.length > 0 && (
        <section>
          <h2 className="section-head">{t(words.verify.history)}</h2>
          {report.historyFrom !== undefined && <p className="note row-by">{t(words.verify.historyFrom[report.historyFrom])}</p>}
          <ol className="layers">
            {report.history.map((step) => (
              <li key={step.manifest}>
                <span className={`layer-status layer-${step.proven ? "valid" : "untrusted"}`}>
                  {step.proven ? signs.valid : signs.untrusted}
                  {t(step.proven ? words.verify.proven : words.verify.unproven)}
                </span>
                <div>
                  <p className="layer-name">{step.actions.join(" → ")}</p>
                  <p className="layer-detail">
                    {[step.softwareAgent ?? step.generator, step.when].filter(Boolean).join(" · ")}
                  </p>
                </div>
              </li>
            ))}
          </ol>
        </section>
      )}

      {report.unknown.length > 0 && (
        <section>
          <h2 className="section-head">{t(words.verify.unknowns)}</h2>
          <ul className="unknowns">
            {report.unknown.map((code) => (
              <li key={code}>{t(words.verify.unknown[code])}</li>
            ))}
          </ul>
        </section>
      )}

      <dl className="facts">
        <dt>{t(words.shelf.digest)}</dt>
        <dd className="mono">{report.sha256}</dd>
      </dl>
    </div>
  );
}

function Layer({ verdict }: { verdict: LayerVerdict }) {
  const t = useT();
  const locale = useSettings((s) => s.locale);
  const { layer, method, status, data } = verdict;
  const stamp = timeStampOf(verdict);
  return (
    <li>
      <span className={`layer-status layer-${status}`}>
        {signs[status]}
        {t(words.verify.status[status])}
      </span>
      <div>
        <p className="layer-name">{t(words.terms.layer[layer])}</p>
        <p className="layer-detail">
          <code>{method}</code> {layerMeaning(verdict, locale)}
        </p>
        {stamp !== undefined && (
          <p className="layer-detail">
            {t(words.verify.timeStamp[stamp.status])}
            {stamp.at !== undefined && ` ${stamp.by}, ${formatTime(stamp.at, locale)}`}
          </p>
        )}
        {Object.keys(data).length > 0 && (
          <details className="data">
            <summary>{t(words.verify.details)}</summary>
            <pre>{JSON.stringify(data, null, 2)}</pre>
          </details>
        )}
      </div>
    </li>
  );
}
