import type { InksealError } from "@inkseal/core";
import { useEffect, useRef, useState } from "react";
import { troubleOf } from "../api.ts";
import { useSettings } from "./settings.ts";

export interface Pages<T> {
  readonly items: readonly T[];
  readonly trouble?: InksealError;
  readonly loading: boolean;
  /** Reads the next page; absent when there is none or one is on its way. */
  readonly more?: () => void;
  /** Begins again at the newest, or, after trouble, where it stopped. */
  readonly reload: () => void;
}

/** A list read page by page, begun anew when `deps` or the API key change. */
export function usePages<T, Cursor>(
  read: (before: Cursor | undefined, signal: AbortSignal) => Promise<{ items: readonly T[]; next?: Cursor }>,
  deps: readonly unknown[],
): Pages<T> {
  const key = useSettings((s) => s.key);
  const abort = useRef<AbortController>(undefined);
  const [state, setState] = useState<{ items: readonly T[]; next?: Cursor; trouble?: InksealError; loading: boolean }>({
    items: [],
    loading: true,
  });

  const load = (before: Cursor | undefined) => {
    abort.current?.abort();
    const own = new AbortController();
    abort.current = own;
    setState((s) => ({ ...(before === undefined ? { items: [] } : s), loading: true, trouble: undefined }));
    read(before, own.signal).then(
      ({ items, next }) => {
        if (!own.signal.aborted) setState((s) => ({ items: [...s.items, ...items], next, loading: false }));
      },
      (thrown: unknown) => {
        if (!own.signal.aborted) setState((s) => ({ ...s, trouble: troubleOf(thrown), loading: false }));
      },
    );
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: the caller names what `read` depends on
  useEffect(() => {
    load(undefined);
    return () => abort.current?.abort();
  }, [...deps, key]);

  const { items, next, trouble, loading } = state;
  return {
    items,
    trouble,
    loading,
    more: next !== undefined && !loading && trouble === undefined ? () => load(next) : undefined,
    reload: () => load(trouble === undefined ? undefined : next),
  };
}
