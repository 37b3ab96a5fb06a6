/** What `inkseal doctor` learns of an engine: whether it works on this machine, and otherwise what to do. */
export interface Probe {
  readonly ok: boolean;
  readonly detail: string;
  /** A command, or a sentence, that mends it. */
  readonly fix?: string;
}
