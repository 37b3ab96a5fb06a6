import type { Finding, Locale } from "@inkseal/core";
import { labWords } from "./lab.ts";
import { termWords } from "./terms.ts";

/** `23 Nov 2026, 17:40`, in the reader's own time zone. */
export function formatTime(iso: string, locale: Locale, seconds = false): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  return new Intl.DateTimeFormat(locale === "en" ? "en-GB" : locale, {
    dateStyle: "medium",
    timeStyle: seconds ? "medium" : "short",
    hourCycle: "h23",
  }).format(at);
}

export function formatNumber(value: number, locale: Locale, digits = 2): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
}

/** Joules as people say them: `29 J`, `1.2 kJ`. */
export function formatEnergy(joules: number, locale: Locale): string {
  const [amount, unit] =
    joules < 1e3 ? ([joules, "J"] as const) : joules < 1e6 ? ([joules / 1e3, "kJ"] as const) : ([joules / 1e6, "MJ"] as const);
  const figure = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 }).format(amount);
  return labWords.energy[unit](figure)[locale];
}

/** Grams of CO2-equivalent as people say them: `3.9 mg CO₂e`. */
export function formatCo2e(grams: number, locale: Locale): string {
  const [amount, unit] = grams < 1 ? [grams * 1000, "mg"] : grams < 1000 ? [grams, "g"] : [grams / 1000, "kg"];
  return `${new Intl.NumberFormat(locale, { maximumSignificantDigits: 2 }).format(amount)} ${unit} CO₂e`;
}

/** Bytes as people say them: 1 kB is 1000 bytes. */
export function formatSize(bytes: number, locale: Locale): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = Math.min(3, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: units[step],
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: step === 0 ? 0 : 1,
  }).format(bytes / 1000 ** step);
}

/** Milliseconds as people say them: `0.42 s`, `1 min 5 s`. */
export function formatSpan(ms: number, locale: Locale): string {
  const zh = locale === "zh-CN";
  if (ms < 1000) return `${formatNumber(ms, locale, 0)} ${zh ? "毫秒" : "ms"}`;
  if (ms < 60_000) return `${formatNumber(ms / 1000, locale, 1)} ${zh ? "秒" : "s"}`;
  const seconds = Math.round(ms / 1000);
  return zh ? `${Math.floor(seconds / 60)} 分 ${seconds % 60} 秒` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `1:05`, for players. */
export function formatClock(seconds: number): string {
  const whole = Math.floor(Number.isFinite(seconds) ? seconds : 0);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** `image`, `audio`, `video`, `text` or `other`. */
export function mediumOf(mediaType: string): keyof typeof termWords.medium {
  const kind = mediaType.split("/")[0] ?? "";
  if (kind === "image" || kind === "audio" || kind === "video" || kind === "text") return kind;
  return mediaType.startsWith("application/json") ? "text" : "other";
}

type Outcome = keyof typeof termWords.outcome;

/** One sentence a family of hazards: "2 personal data spans were masked". */
export function sayFindings(findings: readonly Finding[], outcome: Outcome, locale: Locale): readonly string[] {
  const families = new Map<keyof typeof termWords.family, number>();
  for (const { hazard } of findings) {
    const name = hazard.split(".")[0] ?? "";
    const family = name in termWords.family ? (name as keyof typeof termWords.family) : "other";
    families.set(family, (families.get(family) ?? 0) + 1);
  }
  return [...families].map(([family, n]) => termWords.outcome[outcome](termWords.family[family](n)[locale], n !== 1)[locale]);
}

/** A hazard in words; its own dotted name where there are none yet. */
export function sayHazard(hazard: string, locale: Locale): string {
  const known: Readonly<Record<string, { readonly [L in Locale]: string }>> = termWords.hazard;
  return known[hazard]?.[locale] ?? hazard;
}

/** The name of a language in the reader's own; the tag itself where there is none. */
export function languageName(tag: string, locale: Locale): string {
  try {
    return new Intl.DisplayNames(locale, { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
