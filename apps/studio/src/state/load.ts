import type { InksealError } from "@inkseal/core";
import { useCallback, useEffect, useState } from "react";
import { troubleOf } from "../api.ts";
import { useSettings } from "./settings.ts";

export interface Loaded<T> {
  readonly value?: T;
  readonly trouble?: InksealError;
  readonly loading: boolean;
  readonly reload: () => void;
}

/**
 * What `read` resolves to, read again when `deps` or the API key change. Leaving aborts the call; an older answer
 * never replaces a newer one. The last value stays while the next is on its way, unless `deps` changed.
 */
export function useLoad<T>(read: (signal: AbortSignal) => Promise<T>, deps: readonly unknown[]): Loaded<T> {
  const key = useSettings((s) => s.key);
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<{ value?: T; trouble?: InksealError; loading: boolean }>({ loading: true });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the caller names what `read` depends on
  useEffect(() => setState({ loading: true }), [...deps, key]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the caller names what `read` depends on
  useEffect(() => {
    const abort = new AbortController();
    setState((s) => ({ ...s, loading: true, trouble: undefined }));
    read(abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) setState({ value, loading: false });
      },
      (thrown: unknown) => {
        if (!abort.signal.aborted) setState((s) => ({ value: s.value, trouble: troubleOf(thrown), loading: false }));
      },
    );
    return () => abort.abort();
  }, [...deps, key, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  return { ...state, reload };
}
