/** Every way things go wrong: code → HTTP status, whether a retry may help, and what to do next. One table. */
export const errorTable = {
  "bad-json": [400, false, "Send a body that is valid JSON."],
  "bad-request": [400, false, "Correct the named field and send the request again."],
  "bad-file": [400, false, "Send a file of a supported type that opens elsewhere."],
  unauthenticated: [401, false, "Send a valid key: Authorization: Bearer ink_… (make one with `inkseal keys create`)."],
  forbidden: [403, false, "Use a key that has the scope named in the message."],
  blocked: [403, false, "Change the request, or ask whoever keeps the policy."],
  unchecked: [403, false, "A check could not run, so nothing was let through. Try again, or have the policy looked at."],
  "not-found": [404, false, "Check the address or id."],
  "unknown-model": [404, false, "List the models with GET /v1/models or `inkseal models list`."],
  conflict: [409, false, "Reload and try again."],
  "too-large": [413, false, "Send less, or raise the limit in the configuration."],
  "unsupported-media": [415, false, "Send one of the supported media types."],
  "cannot-do": [422, false, "Use a model that can do this; `inkseal models list` says which."],
  held: [423, false, "A person has to release this first."],
  "rate-limited": [429, true, "Wait as long as Retry-After says."],
  "over-budget": [429, false, "Raise the key's budget or wait for the next period."],
  cancelled: [499, false, "The caller hung up; send it again if you still want it."],
  internal: [500, false, "This is a defect of Inkseal: please report it with the run id."],
  "engine-missing": [501, false, "Run `inkseal doctor` to see what is missing and how to install it."],
  "upstream-error": [502, true, "The provider failed; try again or name a fallback model."],
  "upstream-invalid": [502, true, "The provider sent something that is not its own protocol; try again or use another."],
  "upstream-rejected": [502, false, "The provider refused the request; its own words are in the message."],
  "upstream-auth": [502, false, "Check the provider's key in the configuration."],
  "upstream-rate-limited": [429, true, "The provider limits the rate; wait or name a fallback model."],
  overloaded: [503, true, "Too many runs at once; wait as long as Retry-After says."],
  "ledger-unavailable": [503, true, "The ledger cannot be written, so nothing is let out. Check disk space and the database."],
  unreachable: [503, true, "Start the server with `inkseal serve`, or check its address."],
  "shutting-down": [503, true, "The server is stopping; send the request again in a moment."],
  "upstream-timeout": [504, true, "The provider took too long; try again, or raise the deadline."],
  "disk-full": [507, false, "Make room on the disk, or choose a data folder on another one."],
  "deadline-exceeded": [504, true, "Raise the deadline or ask for less."],
} as const satisfies Record<string, readonly [status: number, retryable: boolean, next: string]>;

export type ErrorCode = keyof typeof errorTable;

export interface ErrorDetails {
  readonly run?: string;
  readonly cause?: unknown;
  /** The request's field at fault, in the caller's own spelling. */
  readonly param?: string;
  /** Seconds. */
  readonly retryAfter?: number;
  /** What the provider answered, for `upstream-*`. */
  readonly upstream?: { readonly status?: number; readonly body?: unknown };
}

const marker = Symbol.for("inkseal.error");

/**
 * The one error. `message` says what happened with limit and value, never the user's words;
 * `next` says what to do.
 * @example throw new InksealError("unknown-model", `no engine has a model named ${JSON.stringify(name)}`, { param: "model" })
 */
export class InksealError extends Error {
  readonly [marker] = true;
  override readonly name = "InksealError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }
  get status(): number {
    return errorTable[this.code][0];
  }
  get retryable(): boolean {
    return errorTable[this.code][1];
  }
  get next(): string {
    return errorTable[this.code][2];
  }
  /** The same error carrying its run id. */
  withRun(run: string): InksealError {
    return new InksealError(this.code, this.message, { ...this.details, run });
  }
  static is(value: unknown): value is InksealError {
    return typeof value === "object" && value !== null && marker in value;
  }
  /** Any thrown value as an InksealError; strangers become `internal` (aborts become `cancelled`). */
  static from(value: unknown): InksealError {
    if (InksealError.is(value)) return value;
    if (value instanceof Error && value.name === "AbortError")
      return new InksealError("cancelled", "the run was cancelled", { cause: value });
    if (value instanceof Error && value.name === "TimeoutError")
      return new InksealError("deadline-exceeded", "the deadline passed", { cause: value });
    return new InksealError("internal", "something broke inside Inkseal", { cause: value });
  }
}
