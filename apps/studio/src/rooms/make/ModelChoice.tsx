import type { ModelEntry } from "@inkseal/client";
import { useId } from "react";
import { languageName } from "../../i18n/format.ts";
import { words } from "../../i18n/words.ts";
import { useSettings, useT } from "../../state/settings.ts";

/** Which engine and model, grouped by engine; the default lets Inkseal choose. */
export function ModelChoice({
  models,
  value,
  onChange,
}: {
  models: readonly ModelEntry[];
  value: string;
  onChange: (name: string) => void;
}) {
  const t = useT();
  const id = useId();
  const locale = useSettings((s) => s.locale);
  const engines = [...new Set(models.map((m) => m.engine))];
  return (
    <div className="field field-wide">
      <label htmlFor={id}>{t(words.make.model)}</label>
      <select id={id} className="input" value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">{t(words.make.anyModel)}</option>
        {engines.map((engine) => {
          const own = models.filter((m) => m.engine === engine);
          const place = own[0]?.place ?? "local";
          return (
            <optgroup key={engine} label={`${engine} · ${t(words.terms.place[place])}`}>
              {own.map((m) => (
                <option key={m.name} value={m.name}>
                  {m.languages?.length === 1 ? `${m.id} · ${languageName(m.languages[0] as string, locale)}` : m.id}
                </option>
              ))}
            </optgroup>
          );
        })}
      </select>
    </div>
  );
}
