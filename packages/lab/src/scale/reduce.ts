import { InksealError } from "@inkseal/core";

/**
 * Ranks 0 … size-1 (threads, processes, machines) that add up their gradients. All ranks make the same calls in the same
 * order with the same lengths. After `sum` all ranks hold bit-identical values: those of `sumInRankOrder`, whatever the transport.
 * Calls reject with `LostRank` when a rank is gone or too slow: what is in the buffer then is undefined, the group is broken
 * for good, and training goes on with a new group from the last checkpoint.
 */
export interface Reduce {
  readonly rank: number;
  readonly size: number;
  /** In place. */
  sum(buffer: Float32Array): Promise<void>;
  /** The same of several buffers that count as one row, without laying them side by side first; not every transport has it. */
  sumParts?(parts: readonly Float32Array[]): Promise<void>;
  /** Overwrites the buffer of all ranks with that of rank `from`. */
  broadcast(buffer: Float32Array, from: number): Promise<void>;
  /** Resolves when all ranks have called it. */
  barrier(): Promise<void>;
}

/** The same calls for workers that may block, which throw: for sums in the midst of a step, where nothing is asynchronous. */
export interface BlockingReduce {
  readonly rank: number;
  readonly size: number;
  sumSync(buffer: Float32Array): void;
  /** Every bit arrives as it was, also of numbers that are not floats. */
  broadcastSync(buffer: Float32Array, from: number): void;
}

/** What every `Reduce` computes: element by element in rank order, in double precision, rounded to a float once. */
export function sumInRankOrder(buffers: readonly Float32Array[], out: Float32Array, start = 0, end = out.length): void {
  const [a, b] = buffers;
  if (a !== undefined && b !== undefined && buffers.length === 2) {
    for (let i = start; i < end; i++) out[i] = 0 + a[i]! + b[i]!; // the same, three times as fast
    return;
  }
  for (let i = start; i < end; i++) {
    let sum = 0;
    for (let rank = 0; rank < buffers.length; rank++) sum += buffers[rank]![i]!;
    out[i] = sum;
  }
}

/** A rank died, left or did not answer in time. Code `unreachable`; `rank` is the first that is known to be gone. */
export class LostRank extends InksealError {
  readonly rank: number;
  constructor(rank: number, how: string, cause?: unknown) {
    super("unreachable", `rank ${rank} ${how}`, { cause });
    this.rank = rank;
  }
}

/** Throws `bad-request` unless `rank` is one of `size` ranks. */
export function checkRank(rank: number, size: number): void {
  if (!Number.isInteger(size) || size < 1 || !Number.isInteger(rank) || rank < 0 || rank >= size)
    throw new InksealError("bad-request", `there is no rank ${rank} of ${size}`);
}
