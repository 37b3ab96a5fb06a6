import type { ArtifactInfo } from "@inkseal/core";
import { Link } from "wouter";
import { api } from "../../api.ts";
import { formatTime, mediumOf } from "../../i18n/format.ts";
import { words } from "../../i18n/words.ts";
import { Marks } from "../../parts/Marks.tsx";
import { Progress } from "../../parts/Progress.tsx";
import { Seal } from "../../parts/Seal.tsx";
import { Trouble } from "../../parts/Trouble.tsx";
import { usePages } from "../../state/pages.ts";
import { useSettings, useT } from "../../state/settings.ts";
import { Glimpse } from "./Glimpse.tsx";

/** Finished pieces, newest first. */
export function Shelf() {
  const t = useT();
  const { items, trouble, loading, more, reload } = usePages<ArtifactInfo, string>(async (before, signal) => {
    const page = await api().artifacts.list({ before, limit: 24 }, { signal });
    return { items: page.artifacts, next: page.next };
  }, []);
  return (
    <>
      <header className="room-head">
        <h1>{t(words.shelf.title)}</h1>
        <p>{t(words.shelf.lead)}</p>
      </header>
      {items.length > 0 && (
        <ul className="shelf">
          {items.map((artifact) => (
            <li key={artifact.id}>
              <ShelfPiece artifact={artifact} />
            </li>
          ))}
        </ul>
      )}
      {trouble !== undefined && <Trouble trouble={trouble} onRetry={reload} />}
      {loading && <Progress label={t(words.app.loading)} />}
      {!loading && trouble === undefined && items.length === 0 && (
        <div className="empty">
          <Seal size={44} open />
          <h2>{t(words.shelf.empty)}</h2>
          <Link href="/">{t(words.shelf.emptyNext)}</Link>
        </div>
      )}
      {more !== undefined && (
        <div className="shelf-more">
          <button className="button" type="button" onClick={more}>
            {t(words.app.loadMore)}
          </button>
        </div>
      )}
    </>
  );
}

function ShelfPiece({ artifact }: { artifact: ArtifactInfo }) {
  const t = useT();
  const locale = useSettings((s) => s.locale);
  const medium = mediumOf(artifact.mediaType);
  const when = formatTime(artifact.at, locale);
  return (
    <article className="sheet shelf-piece">
      <div className="shelf-window">
        <Glimpse artifact={artifact} />
        {artifact.marks.length > 0 && <Seal size={30} label={t(words.make.sealed)} />}
      </div>
      <div className="shelf-text">
        <h2>
          <Link href={`/shelf/${artifact.id}`}>{artifact.title ?? t(words.terms.medium[medium])}</Link>
        </h2>
        <time className="note num" dateTime={artifact.at}>
          {when}
        </time>
        <Marks marks={artifact.marks} />
      </div>
    </article>
  );
}
