import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { formatSpan, sayFindings } from "../../i18n/format.ts";
import { words } from "../../i18n/words.ts";
import { DownloadButton } from "../../parts/DownloadButton.tsx";
import { Marks } from "../../parts/Marks.tsx";
import { Piece } from "../../parts/Piece.tsx";
import { Progress } from "../../parts/Progress.tsx";
import { Seal } from "../../parts/Seal.tsx";
import { Trouble } from "../../parts/Trouble.tsx";
import { cancelRun, startRun, useMaking } from "../../state/make.ts";
import type { Passage } from "../../state/passage.ts";
import { useSettings, useT } from "../../state/settings.ts";

/** The run in hand: what has come so far, how it is going, and at the end the sealed piece. */
export function Result({ passage }: { passage: Passage }) {
  const t = useT();
  const since = useMaking((s) => s.since);
  const { phase, trouble } = passage;
  const begun = passage.text !== "" || passage.artifacts.length > 0;
  const running = phase === "running";
  const section = useRef<HTMLElement>(null);
  // shown when a run begins and when it ends, so that nobody looks for it below the fold
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new run or phase is the reason, not an input
  useEffect(() => {
    section.current?.scrollIntoView({ block: "nearest" });
  }, [since, phase]);
  return (
    <section ref={section} className="passage" aria-label={t(words.make.result)}>
      <p className="sr" role="status">
        {t(words.make.phase[phase])}
      </p>
      {phase === "failed" && trouble !== undefined ? (
        <Trouble trouble={trouble} onRetry={() => void startRun(passage.task)} />
      ) : (
        <div className={phase === "done" ? "sheet piece pressed" : "sheet piece"}>
          <Head passage={passage} />
          {passage.artifacts.length > 0 && passage.text === "" ? (
            passage.artifacts.map((artifact) => <Piece key={artifact.id} artifact={artifact} />)
          ) : (
            <div className={running && begun ? "words words-open" : "words"}>{passage.text}</div>
          )}
          {phase === "cancelled" && <p className="note">{t(words.make.cancelled)}</p>}
          {running && (
            <>
              <Progress key={since} since={since} fraction={passage.fraction} label={passage.note ?? t(words.make.working)} />
              <div className="actions">
                <button className="button" type="button" onClick={cancelRun}>
                  {t(words.make.cancel)}
                </button>
              </div>
            </>
          )}
          <Notes passage={passage} />
          {phase === "done" && <After passage={passage} />}
        </div>
      )}
    </section>
  );
}

function Head({ passage }: { passage: Passage }) {
  const t = useT();
  const locale = useSettings((s) => s.locale);
  const by = passage.engine === undefined ? t(words.make.waiting) : `${passage.engine} / ${passage.model}`;
  const ms = passage.row?.totalMs;
  return (
    <header className="piece-head">
      <h2>
        {passage.artifacts.length > 0 && <Seal size={30} label={t(words.make.sealed)} />}
        {t(words.terms.task[passage.task])}
      </h2>
      <span className="note num">
        {by}
        {ms !== undefined && ` · ${formatSpan(ms, locale)}`}
      </span>
    </header>
  );
}

/** What the guard found and the plan could not honour, in words. */
function Notes({ passage }: { passage: Passage }) {
  const t = useT();
  const locale = useSettings((s) => s.locale);
  const said = sayFindings(passage.findings, passage.decision?.action ?? "found", locale);
  if (said.length === 0 && passage.warnings.length === 0) return null;
  return (
    <ul className="piece-notes" aria-label={t(words.make.warnings)}>
      {said.map((line) => (
        <li key={line}>{line}</li>
      ))}
      {passage.warnings.map((warning) => (
        <li key={warning}>{warning}</li>
      ))}
    </ul>
  );
}

function After({ passage }: { passage: Passage }) {
  const t = useT();
  const [copied, setCopied] = useState(false);
  const { row, artifacts, text } = passage;
  return (
    <div className="piece-after">
      <div className="piece-sealed">
        {artifacts.length > 0 && <Marks marks={artifacts.flatMap((a) => a.marks)} />}
        {row !== undefined && (
          <Link className="note" href={`/ledger/${row.run}`}>
            {t(words.make.recorded(row.seq))}
          </Link>
        )}
      </div>
      <div className="actions">
        {artifacts.map((artifact) => (
          <DownloadButton key={artifact.id} artifact={artifact} />
        ))}
        {text !== "" && (
          <button
            className="button"
            type="button"
            onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
          >
            {t(copied ? words.app.copied : words.app.copy)}
          </button>
        )}
        {artifacts[0] !== undefined && (
          <Link className="button button-quiet" href={`/shelf/${artifacts[0].id}`}>
            {t(words.make.toShelf)}
          </Link>
        )}
      </div>
    </div>
  );
}
