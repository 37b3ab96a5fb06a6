import type { ModelEntry } from "@inkseal/client";
import type { Controls } from "@inkseal/core";
import { useId } from "react";
import { formatNumber, languageName } from "../../i18n/format.ts";
import { words } from "../../i18n/words.ts";
import { setControl } from "../../state/drafts.ts";
import { useSettings, useT } from "../../state/settings.ts";
import { type MakeTask, taskControls } from "../../state/tasks.ts";

/** Sliders: range, step, and where the knob rests while the engine's default holds. */
const sliders = {
  temperature: [0, 2, 0.1, 0.7],
  speed: [0.5, 2, 0.05, 1],
  pitch: [0.5, 2, 0.05, 1],
} as const;
const counts = { maxTokens: [1, 1_000_000], seed: [0, 2_147_483_647] } as const;
const sizes = ["512x512", "768x768", "1024x1024", "1024x768", "768x1024"];

type Shown = keyof typeof words.make.control;

/** The few controls that fit a task. Untouched ones are left to the engine. */
export function ControlFields({
  task,
  controls,
  candidates,
}: {
  task: MakeTask;
  controls: Controls;
  /** The chosen model, or all that may be chosen. */
  candidates: readonly ModelEntry[];
}) {
  // one voice is no choice, and a voice belongs to its model
  const voices = candidates.length === 1 ? (candidates[0]?.voices ?? []) : [];
  const languages = [...new Set(candidates.flatMap((m) => m.languages ?? []))];
  const shown = taskControls[task] as readonly Shown[];
  const slid = shown.filter((name): name is keyof typeof sliders => name in sliders);
  return (
    <>
      {shown.map((name) => {
        const value = controls[name];
        const set = (next: Controls[Shown] | undefined) => setControl(task, name, next);
        if (name in sliders) return null;
        if (name === "voice") return <Pick key={name} name={name} value={value} options={voices} onChange={set} />;
        if (name === "language") return <Pick key={name} name={name} value={value} options={languages} onChange={set} tags />;
        if (name === "size") return <Pick key={name} name={name} value={value} options={sizes} onChange={set} />;
        return <Count key={name} name={name as keyof typeof counts} value={value as number | undefined} onChange={set} />;
      })}
      {slid.length > 0 && (
        <div className="sliders">
          {slid.map((name) => (
            <Slider key={name} name={name} value={controls[name]} onChange={(next) => setControl(task, name, next)} />
          ))}
        </div>
      )}
    </>
  );
}

function Pick({
  name,
  value,
  options,
  onChange,
  tags = false,
}: {
  name: Shown;
  value: unknown;
  options: readonly string[];
  onChange: (value: string | undefined) => void;
  /** The options are BCP 47 tags. */
  tags?: boolean;
}) {
  const t = useT();
  const id = useId();
  const locale = useSettings((s) => s.locale);
  if (options.length < 2) return null;
  const chosen = typeof value === "string" && options.includes(value) ? value : "";
  return (
    <div className="field">
      <label htmlFor={id}>{t(words.make.control[name])}</label>
      <select id={id} className="input" value={chosen} onChange={(event) => onChange(event.target.value || undefined)}>
        <option value="">{t(words.make.byDefault)}</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {tags ? languageName(option, locale) : option.replace(/^(\d+)x(\d+)$/, "$1 × $2")}
          </option>
        ))}
      </select>
    </div>
  );
}

function Slider({
  name,
  value,
  onChange,
}: {
  name: keyof typeof sliders;
  value: number | undefined;
  onChange: (value: number | undefined) => void;
}) {
  const t = useT();
  const id = useId();
  const locale = useSettings((s) => s.locale);
  const [min, max, step, rest] = sliders[name];
  return (
    <div className="field">
      <label htmlFor={id}>
        {t(words.make.control[name])}
        <output htmlFor={id}>{value === undefined ? t(words.make.byDefault) : formatNumber(value, locale)}</output>
      </label>
      <input
        id={id}
        className={value === undefined ? "at-default" : undefined}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value ?? rest}
        onChange={(event) => onChange(Number(event.target.value))}
        onDoubleClick={() => onChange(undefined)}
      />
    </div>
  );
}

function Count({
  name,
  value,
  onChange,
}: {
  name: keyof typeof counts;
  value: number | undefined;
  onChange: (value: number | undefined) => void;
}) {
  const t = useT();
  const id = useId();
  const [min, max] = counts[name];
  return (
    <div className="field">
      <label htmlFor={id}>{t(words.make.control[name])}</label>
      <input
        id={id}
        className="input num"
        inputMode="numeric"
        autoComplete="off"
        placeholder={t(words.make.byDefault)}
        value={value ?? ""}
        onChange={(event) => {
          const digits = event.target.value.replace(/\D/g, "");
          onChange(digits === "" ? undefined : Math.min(max, Math.max(min, Number(digits))));
        }}
      />
    </div>
  );
}
