import type { Chunk, ErrorCode, InksealError } from "@inkseal/core";

/** What a model's thread is asked. `run` numbers the runs of one thread. */
export type ThreadAsk<Job> =
  | { readonly type: "run"; readonly run: number; readonly job: Job }
  | { readonly type: "hold"; readonly run: number; readonly held: boolean }
  | { readonly type: "leave"; readonly run: number };

/** What it says. `loaded` comes first, once. */
export type ThreadWord =
  | { readonly type: "loaded" }
  | { readonly type: "unloadable"; readonly error: PlainError }
  | { readonly type: "chunks"; readonly run: number; readonly chunks: readonly Chunk[] }
  | { readonly type: "done"; readonly run: number }
  | { readonly type: "failed"; readonly run: number; readonly error: PlainError };

/** An error that survives the way between threads. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly param?: string;
}
export const plainError = ({ code, message, details }: InksealError): PlainError => ({
  code,
  message,
  ...(details.param !== undefined && { param: details.param }),
});
