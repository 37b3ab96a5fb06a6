import { type Locale, type Localised, pickLocale } from "@inkseal/core";
import { create } from "zustand";

export type Theme = "light" | "dark" | "system";

interface Settings {
  readonly locale: Locale;
  readonly theme: Theme;
  /** API key; this tab only. */
  readonly key: string;
  /** The server answered 401 to the key (or to its absence). */
  readonly keyNeeded: boolean;
}

/** Storage may be forbidden (private windows, policies): settings then simply last as long as the page. */
function stored(storage: "local" | "session", name: string): string | null {
  try {
    return (storage === "local" ? localStorage : sessionStorage).getItem(name);
  } catch {
    return null;
  }
}
function store(storage: "local" | "session", name: string, value: string): void {
  try {
    (storage === "local" ? localStorage : sessionStorage).setItem(name, value);
  } catch {
    // see stored()
  }
}

function initial(): Settings {
  const locale = stored("local", "inkseal.locale");
  const theme = stored("local", "inkseal.theme");
  return {
    locale: locale === "zh-CN" || locale === "en" ? locale : pickLocale(navigator.languages),
    theme: theme === "light" || theme === "dark" ? theme : "system",
    key: stored("session", "inkseal.key") ?? "",
    keyNeeded: false,
  };
}

export const useSettings = create<Settings>(initial);

export function setLocale(locale: Locale): void {
  store("local", "inkseal.locale", locale);
  useSettings.setState({ locale });
}
export function setTheme(theme: Theme): void {
  store("local", "inkseal.theme", theme);
  useSettings.setState({ theme });
}
export function setKey(key: string): void {
  store("session", "inkseal.key", key.trim());
  useSettings.setState({ key: key.trim(), keyNeeded: false });
}
export function askForKey(): void {
  useSettings.setState({ keyNeeded: true });
}

/** Says a word in the reader's language: `const t = useT(); t(words.app.make)`. */
export function useT(): (word: Localised) => string {
  const locale = useSettings((s) => s.locale);
  return (word) => word[locale];
}

/** Keeps `<html lang>` and `<html data-theme>` true to the settings. */
export function applySettings(): void {
  const apply = ({ locale, theme }: Settings) => {
    const root = document.documentElement;
    root.lang = locale;
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
  };
  apply(useSettings.getState());
  useSettings.subscribe(apply);
}
