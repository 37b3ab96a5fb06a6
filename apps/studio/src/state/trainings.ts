import type { TrainingJson } from "@inkseal/client";
import type { InksealError } from "@inkseal/core";
import { useCallback, useEffect, useState } from "react";
import { api, troubleOf } from "../api.ts";
import { type Curve, emptyCurve, withEvents } from "./curve.ts";
import { useSettings } from "./settings.ts";

export interface Watched {
  readonly training?: TrainingJson;
  readonly curve: Curve;
  readonly trouble?: InksealError;
  /** Looks again: after a resume, or a broken connection. */
  readonly reload: () => void;
}

/** Milliseconds after which a broken stream is asked for again. */
const again = 2_000;

/** A training as it goes on: its state, and its curve from the first step. */
export function useTraining(name: string): Watched {
  const key = useSettings((s) => s.key);
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<Omit<Watched, "reload">>({ curve: emptyCurve });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another training, or the same anew, or by another key
  useEffect(() => {
    const abort = new AbortController();
    let retry: ReturnType<typeof setTimeout> | undefined;
    const watch = async (): Promise<void> => {
      let under = false;
      try {
        for await (const event of api().trainings.events(name, { signal: abort.signal })) {
          if (event.type === "state") {
            under = event.training.state !== "idle";
            setState((s) => ({ ...s, training: event.training, trouble: undefined }));
          } else setState((s) => ({ ...s, curve: withEvents(s.curve, event.events) }));
        }
      } catch (thrown) {
        if (abort.signal.aborted) return;
        const trouble = troubleOf(thrown);
        if (trouble.code !== "unreachable" || !under) setState((s) => ({ ...s, trouble }));
      }
      // a connection that broke while the training was under way: the server may have been restarted
      if (under && !abort.signal.aborted) retry = setTimeout(() => void watch(), again);
    };
    void watch();
    return () => {
      clearTimeout(retry);
      abort.abort();
    };
  }, [name, key, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  return { ...state, reload };
}

/** How a training stands, as a key of the words. */
export const standingOf = ({
  state,
  outcome,
}: TrainingJson): { readonly state: TrainingJson["state"] } | { readonly outcome: NonNullable<TrainingJson["outcome"]> } =>
  state === "idle" && outcome !== undefined ? { outcome } : { state };
