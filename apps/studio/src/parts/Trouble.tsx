import type { InksealError } from "@inkseal/core";
import { words } from "../i18n/words.ts";
import { useT } from "../state/settings.ts";
import { Coded } from "./Coded.tsx";
import { KeyForm } from "./KeyForm.tsx";

/** What happened, what to do next, and the run id to quote. */
export function Trouble({ trouble, onRetry }: { trouble: InksealError; onRetry?: () => void }) {
  const t = useT();
  const said = words.errors[trouble.code];
  return (
    <section className="trouble" role="alert">
      <h2>{t(said.what)}</h2>
      <p className="soft small">{trouble.message}</p>
      <p className="trouble-next">
        <Coded>{t(said.next)}</Coded>
      </p>
      {trouble.details.run !== undefined && (
        <p className="soft small">
          {t(words.app.run)} <code>{trouble.details.run}</code>
        </p>
      )}
      {trouble.code === "unauthenticated" && <KeyForm />}
      {onRetry !== undefined && trouble.code !== "unauthenticated" && (
        <div className="actions">
          <button className="button" type="button" onClick={onRetry}>
            {t(words.app.retry)}
          </button>
        </div>
      )}
    </section>
  );
}
