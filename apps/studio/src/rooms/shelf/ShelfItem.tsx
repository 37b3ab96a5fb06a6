import type { ArtifactInfo, InksealError, LedgerRow } from "@inkseal/core";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { api, troubleOf } from "../../api.ts";
import { formatSize, formatTime, mediumOf } from "../../i18n/format.ts";
import { words } from "../../i18n/words.ts";
import { DownloadButton } from "../../parts/DownloadButton.tsx";
import { Marks } from "../../parts/Marks.tsx";
import { Piece } from "../../parts/Piece.tsx";
import { Progress } from "../../parts/Progress.tsx";
import { RunFacts } from "../../parts/RunFacts.tsx";
import { Seal } from "../../parts/Seal.tsx";
import { Trouble } from "../../parts/Trouble.tsx";
import { useLoad } from "../../state/load.ts";
import { useSettings, useT } from "../../state/settings.ts";

/** One piece: itself, its marks, how it came to be. */
export function ShelfItem({ id }: { id: string }) {
  const t = useT();
  const { value, trouble, loading, reload } = useLoad(
    async (signal) => {
      const artifact = await api().artifacts.get(id, { signal });
      // a piece without its row is still a piece: the page then says that the ledger has none
      const row = await api()
        .runs.get(artifact.run, { signal })
        .catch((thrown: unknown) => {
          if (troubleOf(thrown).code === "not-found") return undefined;
          throw thrown;
        });
      return { artifact, row };
    },
    [id],
  );
  return (
    <>
      <Link className="back" href="/shelf">
        ← {t(words.shelf.back)}
      </Link>
      {trouble !== undefined && <Trouble trouble={trouble} onRetry={reload} />}
      {loading && value === undefined && <Progress label={t(words.app.loading)} />}
      {value !== undefined && <PiecePage artifact={value.artifact} row={value.row} />}
    </>
  );
}

function PiecePage({ artifact, row }: { artifact: ArtifactInfo; row?: LedgerRow }) {
  const t = useT();
  const locale = useSettings((s) => s.locale);
  return (
    <article className="piece-page">
      <header className="piece-title">
        <div>
          <h1>{artifact.title ?? t(words.terms.medium[mediumOf(artifact.mediaType)])}</h1>
          <p className="note num">{formatTime(artifact.at, locale, true)}</p>
        </div>
        {artifact.marks.length > 0 && <Seal size={56} label={t(words.make.sealed)} />}
      </header>
      <div className="sheet piece">
        <Piece artifact={artifact} />
      </div>
      <Keeping artifact={artifact} />
      <section>
        <h2 className="section-head">{t(words.shelf.provenance)}</h2>
        {row === undefined ? <p className="note">{t(words.shelf.noRow)}</p> : <RunFacts row={row} />}
      </section>
      <section>
        <h2 className="section-head">{t(words.shelf.marks)}</h2>
        <dl className="facts">
          {artifact.marks.map((mark) => (
            <div className="facts-pair" key={`${mark.layer} ${mark.method}`}>
              <dt>{t(words.terms.layer[mark.layer])}</dt>
              <dd>
                <code>{mark.method}</code>
              </dd>
            </div>
          ))}
          {artifact.marks.length === 0 && <Marks marks={[]} />}
          <div className="facts-pair">
            <dt>{t(words.shelf.type)}</dt>
            <dd>
              {artifact.mediaType} · {formatSize(artifact.size, locale)}
            </dd>
          </div>
          <div className="facts-pair">
            <dt>{t(words.shelf.digest)}</dt>
            <dd className="mono">{artifact.sha256}</dd>
          </div>
          <div className="facts-pair">
            <dt>{t(words.shelf.piece)}</dt>
            <dd className="mono">{artifact.id}</dd>
          </div>
        </dl>
      </section>
    </article>
  );
}

/** Download, or delete after asking once. */
function Keeping({ artifact }: { artifact: ArtifactInfo }) {
  const t = useT();
  const [, go] = useLocation();
  const [state, setState] = useState<"idle" | "asking" | "deleting">("idle");
  const [trouble, setTrouble] = useState<InksealError>();
  const remove = () => {
    setState("deleting");
    setTrouble(undefined);
    api()
      .artifacts.delete(artifact.id)
      .then(
        () => go("/shelf"),
        (thrown: unknown) => {
          setTrouble(troubleOf(thrown));
          setState("idle");
        },
      );
  };
  if (state !== "idle")
    return (
      <div className="ask" role="alertdialog" aria-label={t(words.shelf.delete)}>
        <p>{t(words.shelf.deleteAsk)}</p>
        <div className="actions">
          <button className="button button-danger" type="button" disabled={state === "deleting"} onClick={remove}>
            {t(state === "deleting" ? words.shelf.deleting : words.shelf.deleteYes)}
          </button>
          {/* biome-ignore lint/a11y/noAutofocus: the safe answer is under the finger that asked */}
          <button className="button" type="button" autoFocus onClick={() => setState("idle")}>
            {t(words.shelf.deleteNo)}
          </button>
        </div>
      </div>
    );
  return (
    <div className="actions">
      <DownloadButton artifact={artifact} />
      <button className="button button-quiet" type="button" onClick={() => setState("asking")}>
        {t(words.shelf.delete)}
      </button>
      {trouble !== undefined && <Trouble trouble={trouble} onRetry={remove} />}
    </div>
  );
}
