import { words } from "./i18n/words.ts";
import { icons } from "./parts/icons.tsx";
import { KeyForm } from "./parts/KeyForm.tsx";
import { setLocale, setTheme, type Theme, useSettings, useT } from "./state/settings.ts";

const themes: readonly Theme[] = ["light", "dark", "system"];

/** Language, appearance and key, in a popover of the platform's own (Escape and a click outside close it). */
export function Settings() {
  const t = useT();
  const { locale, theme, key, keyNeeded } = useSettings();
  return (
    <>
      <button className="icon-button" type="button" popoverTarget="settings" aria-label={t(words.app.settings)}>
        {icons.settings}
      </button>
      <div className="settings" id="settings" popover="auto" role="dialog" aria-label={t(words.app.settings)}>
        <fieldset>
          <legend>{t(words.app.language)}</legend>
          <div className="choice">
            <label lang="zh-CN">
              <input type="radio" name="locale" checked={locale === "zh-CN"} onChange={() => setLocale("zh-CN")} />
              简体中文
            </label>
            <label lang="en">
              <input type="radio" name="locale" checked={locale === "en"} onChange={() => setLocale("en")} />
              English
            </label>
          </div>
        </fieldset>
        <fieldset>
          <legend>{t(words.app.theme)}</legend>
          <div className="choice">
            {themes.map((option) => (
              <label key={option}>
                <input type="radio" name="theme" checked={theme === option} onChange={() => setTheme(option)} />
                {t(words.app[option])}
              </label>
            ))}
          </div>
        </fieldset>
        {(keyNeeded || key !== "") && <KeyForm />}
      </div>
    </>
  );
}
