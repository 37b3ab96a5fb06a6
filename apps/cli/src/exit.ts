/** Exit codes: one table for the code, `--help` and the README. */
export const exit = {
  ok: 0,
  failure: 1,
  usage: 2,
  unknown: 3,
  altered: 4,
  unreadable: 5,
  blocked: 6,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exit)[keyof typeof exit];

const byErrorCode: Readonly<Record<string, ExitCode>> = {
  "bad-request": exit.usage,
  blocked: exit.blocked,
  unchecked: exit.blocked,
  held: exit.blocked,
  cancelled: exit.interrupted,
};
/** Exit code of an InksealError's code. */
export const exitOf = (errorCode: string): ExitCode => byErrorCode[errorCode] ?? exit.failure;
