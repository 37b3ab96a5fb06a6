/** One status entry, named by C2PA 2.2, 15.2. */
export interface Status {
  readonly code: string;
  readonly detail: string;
  /** Success codes say what was checked; `untrusted` is neither success nor proof of change; `informational` changes no verdict. */
  readonly kind: "success" | "informational" | "untrusted" | "failure";
}

export const success = (code: string, detail: string): Status => ({ code, detail, kind: "success" });
export const informational = (code: string, detail: string): Status => ({ code, detail, kind: "informational" });
export const failure = (code: string, detail: string): Status => ({ code, detail, kind: "failure" });
export const untrusted = (code: string, detail: string): Status => ({ code, detail, kind: "untrusted" });
