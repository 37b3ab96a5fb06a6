import { useId } from "react";
import { words } from "../../i18n/words.ts";
import { setOwn } from "../../state/drafts.ts";
import { inLocale, type OwnField } from "../../state/own-controls.ts";
import { useSettings, useT } from "../../state/settings.ts";
import type { MakeTask } from "../../state/tasks.ts";

/** The controls that only the chosen model has, as its JSON Schema describes them. Untouched ones are left to it. */
export function OwnFields({
  task,
  fields,
  values,
}: {
  task: MakeTask;
  fields: readonly OwnField[];
  values: Readonly<Record<string, unknown>>;
}) {
  const t = useT();
  if (fields.length === 0) return null;
  return (
    <fieldset className="own">
      <legend>{t(words.make.own)}</legend>
      {fields.map((field) => (
        <Field key={field.name} field={field} value={values[field.name]} onChange={(next) => setOwn(task, field.name, next)} />
      ))}
    </fieldset>
  );
}

function Field({ field, value, onChange }: { field: OwnField; value: unknown; onChange: (value: unknown) => void }) {
  const t = useT();
  const id = useId();
  const locale = useSettings((s) => s.locale);
  const { name, kind, options, description } = field;
  const about = description === undefined ? undefined : inLocale(description, locale);
  const shown = value === undefined ? "" : Array.isArray(value) ? value.join(", ") : String(value);
  return (
    <div className="field" title={about}>
      <label htmlFor={id}>{name}</label>
      {kind === "choice" || kind === "switch" ? (
        <select
          id={id}
          className="input"
          value={shown}
          onChange={(event) => onChange(read(event.target.value, kind))}
          aria-describedby={about === undefined ? undefined : `${id}-about`}
        >
          <option value="">{t(words.make.byDefault)}</option>
          {(kind === "switch" ? ["true", "false"] : options).map((option) => (
            <option key={option} value={option}>
              {kind === "switch" ? t(option === "true" ? words.make.yes : words.make.no) : option}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          className={kind === "number" ? "input num" : "input"}
          type={kind === "number" ? "number" : "text"}
          step="any"
          min={field.min}
          max={field.max}
          autoComplete="off"
          placeholder={t(words.make.byDefault)}
          value={shown}
          onChange={(event) => onChange(read(event.target.value, kind))}
          aria-describedby={about === undefined ? undefined : `${id}-about`}
        />
      )}
      {about !== undefined && (
        <span id={`${id}-about`} className="own-about">
          {about}
        </span>
      )}
    </div>
  );
}

function read(text: string, kind: OwnField["kind"]): unknown {
  if (text === "") return undefined;
  if (kind === "switch") return text === "true";
  if (kind === "number") return Number(text);
  if (kind !== "list") return text;
  const parts = text.split(/[,，、]\s*/);
  return parts.at(-1) === "" && parts.length === 1 ? undefined : parts;
}
