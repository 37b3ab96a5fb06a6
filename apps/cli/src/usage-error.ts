import type { Localised } from "@inkseal/core";

/** The command line was not understood: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly what: Localised;
  /** What was probably meant. */
  readonly meant: string | undefined;

  constructor(what: Localised, meant?: string) {
    super(what.en);
    this.what = what;
    this.meant = meant;
  }
}
