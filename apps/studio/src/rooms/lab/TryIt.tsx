import type { InksealError, LedgerRow } from "@inkseal/core";
import { useEffect, useId, useRef, useState } from "react";
import { Link } from "wouter";
import { api, troubleOf } from "../../api.ts";
import { formatCo2e, formatEnergy } from "../../i18n/format.ts";
import { words } from "../../i18n/words.ts";
import { Trouble } from "../../parts/Trouble.tsx";
import { useSettings, useT } from "../../state/settings.ts";

/** Tokens of a try. */
const longest = 300;

interface Tried {
  readonly begin: string;
  readonly text: string;
  readonly row?: LedgerRow;
  readonly trouble?: InksealError;
}

/** The model goes on with a text, by the same way as every brief: checked, and entered in the ledger. */
export function TryIt({ model }: { model: string }) {
  const t = useT();
  const locale = useSettings((s) => s.locale);
  const id = useId();
  const abort = useRef<AbortController>(undefined);
  const [begin, setBegin] = useState("");
  const [running, setRunning] = useState(false);
  const [tried, setTried] = useState<Tried>();
  useEffect(() => () => abort.current?.abort(), []);
  const { lab, make } = words;

  const go = async (): Promise<void> => {
    const own = new AbortController();
    abort.current = own;
    setRunning(true);
    setTried({ begin, text: "" });
    try {
      const brief = { task: "completion" as const, model, text: begin, controls: { maxTokens: longest } };
      for await (const event of api().create(brief, { signal: own.signal })) {
        if (event.type === "delta") {
          const more = event.chunks.map((chunk) => chunk.text ?? "").join("");
          setTried((was) => was && { ...was, text: was.text + more });
        } else if (event.type === "finished") setTried((was) => was && { ...was, row: event.row });
        else if (event.type === "failed") throw event.error;
      }
    } catch (thrown) {
      if (!own.signal.aborted) setTried((was) => was && { ...was, trouble: troubleOf(thrown) });
    }
    if (abort.current === own) setRunning(false);
  };

  const { energy, gramsCo2e } = tried?.row?.usage ?? {};
  return (
    <section className="try">
      <h2 className="section-head">{t(lab.tryIt)}</h2>
      <p className="note">{t(lab.tryLead)}</p>
      <form
        className="try-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (running) abort.current?.abort();
          else if (begin !== "") void go();
        }}
      >
        <label className="sr" htmlFor={id}>
          {t(lab.tryPlaceholder)}
        </label>
        <input
          id={id}
          className="input"
          value={begin}
          placeholder={t(lab.tryPlaceholder)}
          autoComplete="off"
          onChange={(event) => setBegin(event.target.value)}
        />
        <button className={running ? "button" : "button button-main"} type="submit" disabled={begin === ""}>
          {t(running ? lab.halt : lab.go)}
        </button>
      </form>
      {tried !== undefined && tried.trouble === undefined && (
        <div className="sheet piece">
          <div className={running ? "words words-open" : "words"}>
            <span className="try-begin">{tried.begin}</span>
            {tried.text}
          </div>
          {tried.row !== undefined && (
            <p className="note num">
              <Link href={`/ledger/${tried.row.run}`}>{t(make.recorded(tried.row.seq))}</Link>
              {energy !== undefined && ` · ${formatEnergy(energy, locale)}`}
              {gramsCo2e !== undefined && ` · ${formatCo2e(gramsCo2e, locale)}`}
            </p>
          )}
        </div>
      )}
      {tried?.trouble !== undefined && <Trouble trouble={tried.trouble} onRetry={() => void go()} />}
    </section>
  );
}
