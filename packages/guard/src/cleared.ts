import type { Cleared } from "@inkseal/core";

/** The one place that makes a Cleared. Called by the gate, for what it has checked, and by nothing else. */
export const clear = <T>(checked: T): Cleared<T> => checked as Cleared<T>;
