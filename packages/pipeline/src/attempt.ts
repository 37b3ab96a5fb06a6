import { type Chunk, InksealError, type Plan, type RunRecord } from "@inkseal/core";
import { cancelReason } from "./deadline.ts";

type Batch = readonly Chunk[];
type Attempts = RunRecord["attempts"];

/** An engine that has begun to answer. */
export interface Opened {
  readonly plan: Plan;
  /** Undefined when the engine ended without a word. */
  readonly first: Batch | undefined;
  next(): Promise<Batch | undefined>;
  /** Stops the engine, wherever it is. */
  close(): Promise<void>;
}

const triesPerPlan = 2;
/** A provider that asks to wait longer than this is not waited for: the caller gets its Retry-After. */
const longestWaitMs = 1_000;

/**
 * Tries the plans in order until one yields its first batch. Up to there errors retry (where a retry may help) and
 * fall back; afterwards they end the run, because content has gone out. Failures are noted in `attempts`.
 */
export async function openFirst(plans: readonly Plan[], signal: AbortSignal, attempts: Attempts): Promise<Opened> {
  let last: InksealError | undefined;
  for (const [i, plan] of plans.entries()) {
    for (let tried = 1; tried <= triesPerPlan; tried++) {
      signal.throwIfAborted();
      const iterator = plan.engine.generate(plan, signal)[Symbol.asyncIterator]();
      try {
        const first = await iterator.next();
        return {
          plan,
          first: first.done ? undefined : first.value,
          next: async () => {
            const { done, value } = await iterator.next();
            return done ? undefined : value;
          },
          close: async () => {
            await iterator.return?.();
          },
        };
      } catch (thrown) {
        if (signal.aborted) throw cancelReason(signal);
        last = InksealError.from(thrown);
        attempts.push({ engine: plan.engine.name, model: plan.model, errorCode: last.code });
        const wait = last.details.retryAfter === undefined ? 100 * tried : last.details.retryAfter * 1000;
        const elsewhere = i + 1 < plans.length && last.code === "upstream-rate-limited";
        if (!last.retryable || tried === triesPerPlan || wait > longestWaitMs || elsewhere) break;
        await sleep(wait, signal);
      }
    }
  }
  throw last ?? new InksealError("engine-missing", "no engine is left to try");
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
