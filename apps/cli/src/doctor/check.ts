import type { Localised } from "@inkseal/core";

/** `broken` stops the main job; `missing` only takes something optional away; `note` is good to know. */
export type Status = "ok" | "note" | "missing" | "broken";

/** One thing that doctor looked at. */
export interface Check {
  readonly id: string;
  readonly name: Localised;
  readonly status: Status;
  readonly detail: Localised;
  readonly fix?: Localised;
}

/** Words that come from elsewhere (an error, a version) and are the same in every locale. */
export const verbatim = (text: string): Localised => ({ "zh-CN": text, en: text });
export const reason = (error: unknown): string => (error instanceof Error ? error.message.split("\n")[0]! : String(error));
