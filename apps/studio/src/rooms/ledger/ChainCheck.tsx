import type { ChainReport, InksealError } from "@inkseal/core";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { api, troubleOf } from "../../api.ts";
import { words } from "../../i18n/words.ts";
import { Progress } from "../../parts/Progress.tsx";
import { Seal } from "../../parts/Seal.tsx";
import { Trouble } from "../../parts/Trouble.tsx";
import { useT } from "../../state/settings.ts";

/** Walks the whole chain on demand and says what it found. `children` stand beside the button. */
export function ChainCheck({ children }: { children: ReactNode }) {
  const t = useT();
  const [checking, setChecking] = useState<{ fraction?: number }>();
  const [report, setReport] = useState<ChainReport>();
  const [trouble, setTrouble] = useState<InksealError>();
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);

  const check = async () => {
    const own = new AbortController();
    abort.current = own;
    setChecking({});
    setReport(undefined);
    setTrouble(undefined);
    try {
      const onProgress = (done: number, total: number) => setChecking({ fraction: total === 0 ? undefined : done / total });
      setReport(await api().ledger.verify({ signal: own.signal, onProgress }));
    } catch (thrown) {
      if (!own.signal.aborted) setTrouble(troubleOf(thrown));
    }
    setChecking(undefined);
  };

  return (
    <>
      <div className="ledger-bar">
        {children}
        <button className="button" type="button" disabled={checking !== undefined} onClick={() => void check()}>
          {t(checking === undefined ? words.ledger.check : words.ledger.checking)}
        </button>
      </div>
      {checking !== undefined && <Progress label={t(words.ledger.checking)} fraction={checking.fraction} />}
      {trouble !== undefined && <Trouble trouble={trouble} onRetry={() => void check()} />}
      {report !== undefined && (
        <section className="sheet chain" role="status">
          <Seal size={40} open={!report.ok} />
          <div>
            <h2 className={report.ok ? undefined : "bad"}>
              {t(report.ok ? words.ledger.sound(report.rows) : words.ledger.broken(report.faults.length))}
            </h2>
            <p className="mono">
              {t(words.ledger.head)} {report.head}
            </p>
          </div>
          {report.faults.length > 0 && (
            <ul>
              {report.faults.map((fault) => (
                <li key={`${fault.seq} ${fault.fault}`}>
                  <strong>
                    {t(words.ledger.row(fault.seq))}: {t(words.ledger.fault[fault.fault])}
                  </strong>{" "}
                  {fault.detail} {fault.run !== undefined && <code>{fault.run}</code>}
                </li>
              ))}
            </ul>
          )}
        </section>
      )}
    </>
  );
}
