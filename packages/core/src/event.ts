import type { Artifact } from "./artifact.ts";
import type { Chunk, Usage } from "./chunk.ts";
import type { InksealError } from "./errors.ts";
import type { Cleared, Decision, Finding } from "./finding.ts";
import type { LedgerRow } from "./row.ts";

/** What `create` yields. `finished` and `failed` come last, exactly one of them, after the ledger row is durable. */
export type RunEvent =
  | {
      readonly type: "started";
      readonly run: string;
      readonly engine: string;
      readonly model: string;
      readonly warnings: readonly string[];
    }
  | { readonly type: "delta"; readonly chunks: readonly Cleared<Chunk>[] }
  | { readonly type: "progress"; readonly fraction?: number; readonly note?: string }
  | { readonly type: "findings"; readonly findings: readonly Finding[] }
  | { readonly type: "artifact"; readonly artifact: Artifact }
  | {
      readonly type: "finished";
      readonly run: string;
      readonly row: LedgerRow;
      readonly usage: Usage;
      readonly decision: Decision;
      /** What marking could not do; the plan's own came with `started`. */
      readonly warnings?: readonly string[];
    }
  | { readonly type: "failed"; readonly run: string; readonly error: InksealError };
