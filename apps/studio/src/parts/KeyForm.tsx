import { useId, useState } from "react";
import { words } from "../i18n/words.ts";
import { setKey, useSettings, useT } from "../state/settings.ts";
import { Coded } from "./Coded.tsx";

/** Takes the API key. It goes to sessionStorage: this tab only. */
export function KeyForm() {
  const t = useT();
  const id = useId();
  const key = useSettings((s) => s.key);
  const [typed, setTyped] = useState("");
  return (
    <form
      className="key-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim() !== "") setKey(typed);
        setTyped("");
      }}
    >
      <div className="field">
        <label htmlFor={id}>{t(words.app.key)}</label>
        <input
          id={id}
          className="input mono"
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder={key === "" ? "ink_…" : `${key.slice(0, 8)}…`}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          aria-describedby={`${id}-hint`}
        />
      </div>
      <p className="note" id={`${id}-hint`}>
        <Coded>{t(words.app.keyHint)}</Coded>
      </p>
      <div className="actions">
        <button className="button" type="submit" disabled={typed.trim() === ""}>
          {t(words.app.keyUse)}
        </button>
        {key !== "" && (
          <button className="button button-quiet" type="button" onClick={() => setKey("")}>
            {t(words.app.keyForget)}
          </button>
        )}
      </div>
    </form>
  );
}
