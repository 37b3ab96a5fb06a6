import { RowStatus } from "@inkseal/client";
import type { LedgerRow } from "@inkseal/core";
import { useId, useState } from "react";
import { useLocation } from "wouter";
import { api } from "../../api.ts";
import { words } from "../../i18n/words.ts";
import { Progress } from "../../parts/Progress.tsx";
import { Seal } from "../../parts/Seal.tsx";
import { Trouble } from "../../parts/Trouble.tsx";
import { usePages } from "../../state/pages.ts";
import { useT } from "../../state/settings.ts";
import { ChainCheck } from "./ChainCheck.tsx";
import { RowDrawer } from "./RowDrawer.tsx";
import { Rows } from "./Rows.tsx";

type Status = LedgerRow["status"];

/** Every run, newest first; a row's own address opens its drawer. */
export function Ledger({ run }: { run?: string }) {
  const t = useT();
  const id = useId();
  const [, go] = useLocation();
  const [status, setStatus] = useState<Status | "">("");
  const { items, trouble, loading, more, reload } = usePages<LedgerRow, number>(
    async (before, signal) => {
      const page = await api().runs.list({ before, limit: 50, status: status || undefined }, { signal });
      return { items: page.rows, next: page.next };
    },
    [status],
  );
  return (
    <>
      <header className="room-head">
        <h1>{t(words.ledger.title)}</h1>
        <p>{t(words.ledger.lead)}</p>
      </header>
      <ChainCheck>
        <div className="field">
          <label htmlFor={id}>{t(words.ledger.filter)}</label>
          <select id={id} className="input" value={status} onChange={(event) => setStatus(event.target.value as Status | "")}>
            <option value="">{t(words.ledger.all)}</option>
            {RowStatus.options.map((option) => (
              <option key={option} value={option}>
                {t(words.terms.status[option])}
              </option>
            ))}
          </select>
        </div>
      </ChainCheck>
      {items.length > 0 && <Rows rows={items} />}
      {trouble !== undefined && <Trouble trouble={trouble} onRetry={reload} />}
      {loading && <Progress label={t(words.app.loading)} />}
      {!loading && trouble === undefined && items.length === 0 && (
        <div className="empty">
          <Seal size={44} open />
          <h2>{t(words.ledger.empty)}</h2>
          <p>{t(status === "" ? words.ledger.emptyNext : words.ledger.emptyFilter)}</p>
        </div>
      )}
      {more !== undefined && (
        <div className="shelf-more">
          <button className="button" type="button" onClick={more}>
            {t(words.app.loadMore)}
          </button>
        </div>
      )}
      {run !== undefined && <RowDrawer run={run} known={items.find((r) => r.run === run)} onClose={() => go("/ledger")} />}
    </>
  );
}
