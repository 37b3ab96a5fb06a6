import type { LedgerRow } from "@inkseal/core";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { formatCo2e, formatNumber, formatSpan, formatTime, sayHazard } from "../i18n/format.ts";
import { words } from "../i18n/words.ts";
import { useSettings, useT } from "../state/settings.ts";
import { Marks } from "./Marks.tsx";

/** How a run went, from its ledger row. `full` adds digests and hashes. */
export function RunFacts({ row, full = false }: { row: LedgerRow; full?: boolean }) {
  const t = useT();
  const locale = useSettings((s) => s.locale);
  const { shelf, ledger, terms } = words;
  const usage = Object.entries(row.usage).map(([name, amount]) => {
    if (name === "gramsCo2e") return formatCo2e(amount, locale);
    const unit = name in terms.usage ? t(terms.usage[name as keyof typeof terms.usage]) : name;
    return `${formatNumber(amount, locale, name === "cost" ? 6 : 2)} ${unit}`;
  });
  const facts: (readonly [string, ReactNode])[] = [
    [t(shelf.madeBy), `${row.engine} / ${row.model}`],
    [t(shelf.made), formatTime(row.at, locale, true)],
    [t(shelf.task), t(terms.task[row.task])],
  ];
  if (full) facts.push([t(ledger.columns.status), t(terms.status[row.status])]);
  if (row.errorCode !== undefined) facts.push([t(ledger.detail.error), <code key="e">{row.errorCode}</code>]);
  facts.push([t(shelf.decision), t(terms.action[row.decision])], [t(shelf.policy), row.policy]);
  if (row.findings.length > 0)
    facts.push([
      t(shelf.findings),
      row.findings
        .map((f) => t(terms.where(sayHazard(f.hazard, locale), t(terms.stage[f.stage]))))
        .join(locale === "en" ? ", " : "、"),
    ]);
  if (full && row.marks.length > 0) facts.push([t(shelf.marks), <Marks key="m" marks={row.marks} />]);
  if (usage.length > 0) facts.push([t(shelf.usage), usage.join(" · ")]);
  if (full && row.firstMs !== undefined) facts.push([t(ledger.detail.first), formatSpan(row.firstMs, locale)]);
  facts.push([t(shelf.took), formatSpan(row.totalMs, locale)]);
  if (row.attempts.length > 0)
    facts.push([t(ledger.detail.attempts), row.attempts.map((a) => `${a.engine} / ${a.model}: ${a.errorCode}`).join("; ")]);
  if (full) {
    facts.push([t(ledger.detail.actor), row.actor], [t(ledger.detail.source), row.source]);
    if (row.artifact !== undefined)
      facts.push([
        t(shelf.piece),
        <Link key="a" className="mono" href={`/shelf/${row.artifact.id}`}>
          {row.artifact.id}
        </Link>,
      ]);
    facts.push(
      [t(words.app.run), mono(row.run)],
      [t(ledger.detail.briefDigest), mono(row.briefDigest)],
      [t(ledger.detail.outputDigest), mono(row.outputDigest || "–")],
      [t(ledger.detail.prev), mono(row.prev)],
      [t(ledger.detail.hash), mono(row.hash)],
    );
  } else {
    facts.push([
      t(shelf.ledgerRow),
      <Link key="l" href={`/ledger/${row.run}`}>
        {t(shelf.rowNumber(row.seq))}
      </Link>,
    ]);
  }
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div className="facts-pair" key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const mono = (text: string) => <span className="mono">{text}</span>;
