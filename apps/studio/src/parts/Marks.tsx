import type { Mark } from "@inkseal/core";
import { words } from "../i18n/words.ts";
import { useT } from "../state/settings.ts";

/** Marks as chips, one a layer. */
export function Marks({ marks }: { marks: readonly Mark[] }) {
  const t = useT();
  const layers = [...new Set(marks.map((m) => m.layer))];
  if (layers.length === 0) return <span className="chip">{t(words.shelf.noMarks)}</span>;
  return (
    <ul className="chips">
      {layers.map((layer) => (
        <li key={layer} className="chip" title={t(words.terms.layer[layer])}>
          {t(words.terms.mark[layer])}
        </li>
      ))}
    </ul>
  );
}
