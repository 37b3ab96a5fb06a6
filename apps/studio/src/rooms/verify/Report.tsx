import type { LayerVerdict, VerifyReport } from "@inkseal/core";
import type { ReactNode } from "react";
import { formatSize } from "../../i18n/format.ts";
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

      <dl className="facts">
        <dt>{t(words.shelf.digest)}</dt>
        <dd className="mono">{report.sha256}</dd>
      </dl>
      {report.layers.some((l) => l.status === "absent") && verdict !== "unknown" && (
        <p className="note">{t(words.verify.absence)}</p>
      )}
    </div>
  );
}

function Layer({ verdict }: { verdict: LayerVerdict }) {
  const t = useT();
  const { layer, method, status, detail, data } = verdict;
  return (
    <li>
      <span className={`layer-status layer-${status}`}>
        {signs[status]}
        {t(words.verify.status[status])}
      </span>
      <div>
        <p className="layer-name">{t(words.terms.layer[layer])}</p>
        <p className="layer-detail">
          <code>{method}</code> {detail}
        </p>
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
