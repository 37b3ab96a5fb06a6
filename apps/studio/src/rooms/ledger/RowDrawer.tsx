import type { LedgerRow } from "@inkseal/core";
import { useEffect, useRef } from "react";
import { api } from "../../api.ts";
import { words } from "../../i18n/words.ts";
import { icons } from "../../parts/icons.tsx";
import { Progress } from "../../parts/Progress.tsx";
import { RunFacts } from "../../parts/RunFacts.tsx";
import { Trouble } from "../../parts/Trouble.tsx";
import { useLoad } from "../../state/load.ts";
import { useT } from "../../state/settings.ts";

/** Everything the ledger has of one run, in a drawer at the side. Escape or the backdrop closes it. */
export function RowDrawer({ run, known, onClose }: { run: string; known?: LedgerRow; onClose: () => void }) {
  const t = useT();
  const dialog = useRef<HTMLDialogElement>(null);
  const { value, trouble, loading, reload } = useLoad(
    (signal) => (known === undefined ? api().runs.get(run, { signal }) : Promise.resolve(known)),
    [run],
  );
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const row = known ?? value;
  const title = row === undefined ? t(words.app.run) : t(words.ledger.row(row.seq));
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself; the click is for its backdrop
    <dialog
      ref={dialog}
      className="drawer"
      aria-label={title}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <div className="drawer-head">
        <h2>{title}</h2>
        <button className="icon-button" type="button" aria-label={t(words.app.close)} onClick={() => dialog.current?.close()}>
          {icons.close}
        </button>
      </div>
      <div className="drawer-body">
        {trouble !== undefined && <Trouble trouble={trouble} onRetry={reload} />}
        {loading && row === undefined && <Progress label={t(words.app.loading)} />}
        {row !== undefined && <RunFacts row={row} full />}
        <p className="note">{t(words.ledger.onlyDigests)}</p>
      </div>
    </dialog>
  );
}
