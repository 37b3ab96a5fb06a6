/** One status entry, named by C2PA 2.2, 15.2. */
export interface Status {
  readonly code: string;
  readonly detail: string;
  /** Success codes say what was checked; `untrusted` is neither success nor proof of change; `informational` changes no verdict. */
  readonly kind: "success" | "informational" | "untrusted" | "failure";
  /** What was checked, as an absolute JUMBF URI. */
  readonly url?: string;
}

const of =
  (kind: Status["kind"]) =>
  (code: string, detail: string, url?: string): Status => ({ code, detail, kind, ...(url !== undefined && { url }) });
export const success = of("success");
export const informational = of("informational");
export const failure = of("failure");
export const untrusted = of("untrusted");

/** What the standard calls the whole (C2PA 2.2, 14.3): `valid` holds together, `trusted` is by somebody on the list, too. */
export type State = "trusted" | "valid" | "invalid";

/**
 * The standard's own word, which counts everything that is no success as invalid but a signer who is not on the list. What our `status` calls
 * untrusted is finer: a certificate that ran out contradicts no byte.
 */
export function stateOf(statuses: readonly Status[]): State {
  const failures = statuses.filter(isFailure);
  if (failures.length === 0) return "trusted";
  return failures.every((s) => s.code === "signingCredential.untrusted") ? "valid" : "invalid";
}

/** Whether the standard counts a status among the failures: more exclusions than one are for people to know. */
export const isFailure = ({ kind, code }: Status): boolean =>
  (kind === "failure" || kind === "untrusted") && !code.endsWith(".additionalExclusionsPresent");
