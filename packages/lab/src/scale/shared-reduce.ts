import { InksealError } from "@inkseal/core";
import { type BlockingReduce, checkRank, LostRank, type Reduce, sumInRankOrder } from "./reduce.ts";

/**
 * Memory that the threads of one machine share: structured-clone it into each worker. Layout, 4-byte words: 0 arrivals at the
 * open barrier, 1 barriers passed, 2 lost rank + 1 (0: none), then per rank the barriers it reached; then `size` slots and
 * one result of `capacity` floats.
 */
export interface SharedGroup {
  readonly memory: SharedArrayBuffer;
  readonly size: number;
  /** Floats that are reduced at once; longer buffers go in pieces. */
  readonly capacity: number;
}

const [arrivals, passed, lost, reached] = [0, 1, 2, 3];

/** A group of `size` threads; takes 4 · (size + 1) · capacity bytes. In browsers: only on cross-origin isolated pages. */
export function sharedGroup(size: number, capacity = 1 << 18): SharedGroup {
  checkRank(0, size);
  if (!Number.isInteger(capacity) || capacity < 1)
    throw new InksealError("bad-request", `capacity must be above 0, not ${capacity}`);
  return { memory: new SharedArrayBuffer(4 * (reached + size + (size + 1) * capacity)), size, capacity };
}

/** Tells all ranks of the group that `rank` is gone (its worker's "exit" or "error" event): who waits for it stops waiting. */
export function markLost(group: SharedGroup, rank: number): void {
  checkRank(rank, group.size);
  const words = new Int32Array(group.memory, 0, reached + group.size);
  Atomics.compareExchange(words, lost, 0, rank + 1);
  Atomics.add(words, passed, 1); // also for who is just about to wait
  Atomics.notify(words, passed);
}

/** `Reduce` between threads, and the same calls for workers that may block: no turn of the event loop, half the time. */
export interface SharedReduce extends Reduce, BlockingReduce {
  sumParts(parts: readonly Float32Array[]): Promise<void>;
  barrierSync(): void;
}

/**
 * Joins the group as `rank`. Each rank adds up its own slice of everybody's buffers, so the work is shared too.
 * `timeout`, ms: longest wait at a barrier; it includes the time by which the slowest rank is late. `blocking` makes the asynchronous
 * calls block too, for workers that have nothing else to do.
 * The blocking calls throw `cannot-do` where Atomics.wait is forbidden (a browser's main thread).
 */
export function sharedReduce(group: SharedGroup, rank: number, { timeout = 60_000, blocking = false } = {}): SharedReduce {
  const { memory, size, capacity } = group;
  checkRank(rank, size);
  const words = new Int32Array(memory, 0, reached + size);
  const floats = (index: number) => new Float32Array(memory, 4 * (reached + size + index * capacity), capacity);
  const slots = Array.from({ length: size }, (_, i) => floats(i));
  const result = floats(size);

  /** Comes to the barrier; the number to wait on, or undefined when this rank was the last and opened it. */
  function arrive(): number | undefined {
    checkLost();
    const generation = Atomics.load(words, passed);
    Atomics.store(words, reached + rank, generation + 1);
    if (Atomics.add(words, arrivals, 1) !== size - 1) return generation;
    Atomics.store(words, arrivals, 0);
    Atomics.add(words, passed, 1);
    Atomics.notify(words, passed);
    return undefined;
  }
  function checkLost(): void {
    const gone = Atomics.load(words, lost);
    if (gone !== 0) throw new LostRank(gone - 1, "of the group was lost");
  }
  const closed = (generation: number) => Atomics.load(words, passed) === generation;
  const missing = (generation: number) => slots.findIndex((_, r) => Atomics.load(words, reached + r) <= generation);
  /** After the wait: a barrier that all reached has opened, whoever left since. */
  function checkOpened(generation: number): void {
    if (missing(generation) >= 0) checkLost();
  }

  function late(generation: number): void {
    const rank = missing(generation);
    if (rank >= 0) markLost(group, rank);
  }

  function waitSync(): void {
    const generation = arrive();
    if (generation === undefined) return;
    const end = performance.now() + timeout;
    try {
      // who opened the barrier before this one may notify as late as now
      while (closed(generation))
        if (Atomics.wait(words, passed, generation, Math.max(0, end - performance.now())) === "timed-out") late(generation);
    } catch (cause) {
      throw new InksealError("cannot-do", "this thread must not block; use sum instead of sumSync", { cause });
    }
    checkOpened(generation);
  }

  async function wait(): Promise<void> {
    const generation = arrive();
    if (generation === undefined) return;
    // The timer also keeps Node's event loop alive, which a pending waitAsync does not.
    const timer = setTimeout(late, timeout, generation);
    while (closed(generation)) await change(words, passed, generation);
    clearTimeout(timer);
    checkOpened(generation);
  }

  /** Runs the pieces of an operation; they pause where all ranks have to meet. */
  const drive = async (steps: Iterable<void>) => {
    if (blocking) driveSync(steps);
    else for (const _ of steps) await wait();
  };
  const driveSync = (steps: Iterable<void>) => {
    for (const _ of steps) waitSync();
  };

  function* summing(parts: readonly Float32Array[]): Iterable<void> {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    for (let at = 0; at < length; at += capacity) {
      const count = Math.min(capacity, length - at);
      for (const [part, to] of within(parts, at, count)) slots[rank]!.set(part, to);
      yield; // all slots are filled
      const share = Math.ceil(count / size);
      sumInRankOrder(slots, result, Math.min(rank * share, count), Math.min((rank + 1) * share, count));
      yield; // the result is whole; nobody writes it again before everybody has filled the next slots
      for (const [part, from] of within(parts, at, count)) part.set(result.subarray(from, from + part.length));
    }
  }
  function* broadcasting(buffer: Float32Array, from: number): Iterable<void> {
    checkRank(from, size);
    for (let at = 0; at < buffer.length; at += capacity) {
      const piece = buffer.subarray(at, at + capacity);
      yield; // nobody reads the result of an earlier call any more
      if (rank === from) result.set(piece);
      yield;
      if (rank !== from) piece.set(result.subarray(0, piece.length));
    }
  }

  return {
    rank,
    size,
    sum: (buffer) => drive(summing([buffer])),
    sumParts: (parts) => drive(summing(parts)),
    broadcast: (buffer, from) => drive(broadcasting(buffer, from)),
    barrier: async () => (blocking ? waitSync() : wait()),
    sumSync: (buffer) => driveSync(summing([buffer])),
    broadcastSync: (buffer, from) => driveSync(broadcasting(buffer, from)),
    barrierSync: () => waitSync(),
  };
}

/** What of `parts`, taken as one row, lies in its `count` floats from `at` on, and where in those. */
function* within(parts: readonly Float32Array[], at: number, count: number): Iterable<[part: Float32Array, offset: number]> {
  let start = -at;
  for (const part of parts) {
    const [from, to] = [Math.max(0, -start), Math.min(part.length, count - start)];
    if (from < to) yield [part.subarray(from, to), start + from];
    start += part.length;
  }
}

/** Resolves when word `index` no longer is `value` or was notified. */
function change(words: Int32Array, index: number, value: number): Promise<unknown> {
  const { waitAsync } = Atomics as { waitAsync?: WaitAsync };
  if (waitAsync === undefined) return new Promise((resolve) => setTimeout(resolve)); // Firefox before 145: look again
  const waiting = waitAsync(words, index, value);
  return waiting.async ? waiting.value : Promise.resolve();
}
/** ES2024; not among the types that this repository compiles with. */
type WaitAsync = (
  words: Int32Array,
  index: number,
  value: number,
) => { async: true; value: Promise<string> } | { async: false; value: string };
