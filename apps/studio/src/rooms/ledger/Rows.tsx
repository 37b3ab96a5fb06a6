import type { LedgerRow } from "@inkseal/core";
import { Link } from "wouter";
import { formatNumber, formatTime } from "../../i18n/format.ts";
import { words } from "../../i18n/words.ts";
import { useSettings, useT } from "../../state/settings.ts";

export function Rows({ rows }: { rows: readonly LedgerRow[] }) {
  const t = useT();
  const locale = useSettings((s) => s.locale);
  const { columns } = words.ledger;
  return (
    <div className="rows-frame">
      <table className="rows">
        <thead>
          <tr>
            <th scope="col" className="right">
              {t(columns.seq)}
            </th>
            <th scope="col">{t(columns.at)}</th>
            <th scope="col">{t(columns.task)}</th>
            <th scope="col">{t(columns.by)}</th>
            <th scope="col">{t(columns.decision)}</th>
            <th scope="col">{t(columns.status)}</th>
            <th scope="col" className="right">
              {t(columns.ms)}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.run}>
              <td className="seq right">{row.seq}</td>
              <td className="at">
                <Link href={`/ledger/${row.run}`} aria-label={t(words.ledger.open(row.seq))}>
                  <time dateTime={row.at}>{formatTime(row.at, locale, true)}</time>
                </Link>
              </td>
              <td className="task">{t(words.terms.task[row.task])}</td>
              <td className="by">
                {row.engine} / {row.model}
              </td>
              <td className={row.decision === "allow" ? "decision" : "decision acted"}>
                {t(words.terms.action[row.decision])}
              </td>
              <td className={row.status === "done" ? "status" : "status bad"}>{t(words.terms.status[row.status])}</td>
              <td className="ms right">{formatNumber(row.totalMs, locale, 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
