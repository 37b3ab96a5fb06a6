import type { InksealError } from "@inkseal/core";
import { useId, useRef, useState } from "react";
import { useLocation } from "wouter";
import { api, troubleOf } from "../../api.ts";
import { formatSize } from "../../i18n/format.ts";
import { words } from "../../i18n/words.ts";
import { Trouble } from "../../parts/Trouble.tsx";
import { presetOf, type Size, sizes, usualSteps } from "../../state/lab-presets.ts";
import { useSettings, useT } from "../../state/settings.ts";

/** Words, a name, a size, and off it goes; the whole configuration for those who want it. */
export function NewTraining({ taken }: { taken: readonly string[] }) {
  const t = useT();
  const locale = useSettings((s) => s.locale);
  const id = useId();
  const chooser = useRef<HTMLInputElement>(null);
  const [, go] = useLocation();
  const [text, setText] = useState("");
  const [files, setFiles] = useState<readonly File[]>([]);
  const [name, setName] = useState<string>();
  const [size, setSize] = useState<Size>("tiny");
  const [steps, setSteps] = useState(usualSteps.tiny);
  const [json, setJson] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<InksealError>();
  const { lab, make } = words;

  const shown = json ?? JSON.stringify(presetOf(size, steps), null, 2);
  const config = configOf(shown);
  const called = name ?? freeName(size, taken);
  const begin = () => {
    if (config === undefined) return;
    setBusy(true);
    setTrouble(undefined);
    api()
      .trainings.start({ name: called.trim(), config, ...(files.length === 0 && text !== "" && { text }) }, { files })
      .then(
        (training) => go(`/lab/${encodeURIComponent(training.name)}`),
        (thrown: unknown) => {
          setTrouble(troubleOf(thrown));
          setBusy(false);
        },
      );
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        begin();
      }}
    >
      <div className="sheet brief lab-text">
        <label className="sr" htmlFor={`${id}-text`}>
          {t(lab.text)}
        </label>
        <textarea
          id={`${id}-text`}
          rows={5}
          value={text}
          disabled={files.length > 0}
          placeholder={t(lab.placeholder)}
          onChange={(event) => setText(event.target.value)}
        />
        <div className="brief-foot">
          <span className="brief-count num">
            {files.length > 0
              ? t(
                  lab.uploaded(
                    files.length,
                    formatSize(
                      files.reduce((sum, f) => sum + f.size, 0),
                      locale,
                    ),
                  ),
                )
              : text !== "" && t(make.characters([...text].length))}
          </span>
          <div className="brief-go">
            <input
              ref={chooser}
              id={`${id}-files`}
              className="sr"
              type="file"
              multiple
              aria-label={t(lab.upload)}
              onChange={(event) => {
                setFiles([...(event.target.files ?? [])]);
                event.target.value = "";
              }}
            />
            <button
              className="button button-quiet"
              type="button"
              onClick={() => (files.length > 0 ? setFiles([]) : chooser.current?.click())}
            >
              {t(files.length > 0 ? lab.clear : lab.upload)}
            </button>
            <button
              className="button button-main"
              type="submit"
              disabled={busy || config === undefined || called.trim() === "" || (text.trim() === "" && files.length === 0)}
            >
              {t(lab.begin)}
            </button>
          </div>
        </div>
      </div>
      <div className="tuning">
        <div className="field">
          <label htmlFor={`${id}-name`}>{t(lab.name)}</label>
          <input id={`${id}-name`} className="input" value={called} onChange={(event) => setName(event.target.value)} />
        </div>
        <fieldset className="field field-wide">
          <legend>{t(lab.size)}</legend>
          <div className="choice">
            {sizes.map((one) => (
              <label key={one}>
                <input
                  type="radio"
                  name="size"
                  value={one}
                  checked={one === size}
                  onChange={() => {
                    setSize(one);
                    setSteps(usualSteps[one]);
                    setJson(undefined);
                  }}
                />
                {t(lab.sizes[one])}
              </label>
            ))}
          </div>
        </fieldset>
        <div className="field">
          <label htmlFor={`${id}-steps`}>{t(lab.steps)}</label>
          <input
            id={`${id}-steps`}
            className="input num"
            type="number"
            min={1}
            max={10_000_000}
            value={steps}
            onChange={(event) => {
              setSteps(Math.max(1, Math.round(event.target.valueAsNumber || 1)));
              setJson(undefined);
            }}
          />
        </div>
      </div>
      <p className="honest">{t(lab.sizeNote[size])}</p>
      <details className="lab-advanced">
        <summary>{t(lab.advanced)}</summary>
        <label className="sr" htmlFor={`${id}-json`}>
          {t(lab.advanced)}
        </label>
        <textarea
          id={`${id}-json`}
          className="input mono"
          rows={16}
          spellCheck={false}
          value={shown}
          aria-invalid={config === undefined}
          onChange={(event) => setJson(event.target.value)}
        />
        <div className="actions">
          {config === undefined && <span className="bad small">{t(lab.notJson)}</span>}
          {json !== undefined && (
            <button className="button button-quiet" type="button" onClick={() => setJson(undefined)}>
              {t(lab.toPreset)}
            </button>
          )}
        </div>
      </details>
      {trouble !== undefined && <Trouble trouble={trouble} onRetry={begin} />}
    </form>
  );
}

function configOf(json: string): Record<string, unknown> | undefined {
  try {
    const config: unknown = JSON.parse(json);
    return typeof config === "object" && config !== null && !Array.isArray(config)
      ? (config as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** `tiny-1`, or the next number that is free. */
function freeName(size: Size, taken: readonly string[]): string {
  let n = 1;
  while (taken.includes(`${size}-${n}`)) n++;
  return `${size}-${n}`;
}
