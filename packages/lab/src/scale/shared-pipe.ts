import { InksealError } from "@inkseal/core";
import { LostRank } from "./reduce.ts";

/** Memory of a pipe between two threads: structured-clone it into both. Layout, 4-byte words: 0 floats in it, then a ring of `capacity` floats. */
export interface SharedPipe {
  readonly memory: SharedArrayBuffer;
  readonly capacity: number;
}
export function sharedPipe(capacity: number): SharedPipe {
  if (!Number.isInteger(capacity) || capacity < 1)
    throw new InksealError("bad-request", `capacity must be above 0, not ${capacity}`);
  return { memory: new SharedArrayBuffer(4 * (1 + capacity)), capacity };
}

/** One end. Both calls block; they throw `LostRank` when rank `peer` neither takes nor brings anything for `timeout` ms. */
export interface PipeEnd {
  /** Returns when the last float is in the pipe: at once while there is room. */
  send(values: Float32Array): void;
  /** Fills `into` with the next floats; every bit as it was sent. */
  receive(into: Float32Array): void;
}

/** One thread may send and one receive. */
export function pipeEnd({ memory, capacity }: SharedPipe, peer: number, timeout = 60_000): PipeEnd {
  const words = new Int32Array(memory, 0, 1);
  const ring = new Float32Array(memory, 4, capacity);
  let at = 0; // of this end

  /** Moves `length` floats in runs that neither pass the end of the ring nor what the other end has made ready. */
  function run(length: number, ready: (filled: number) => number, move: (done: number, count: number) => void, sign: number) {
    for (let done = 0; done < length; ) {
      const filled = Atomics.load(words, 0);
      const count = Math.min(length - done, ready(filled), capacity - at);
      if (count === 0) {
        if (Atomics.wait(words, 0, filled, timeout) === "timed-out")
          throw new LostRank(peer, `did not answer for ${timeout} ms`);
        continue;
      }
      move(done, count);
      at = (at + count) % capacity;
      done += count;
      Atomics.add(words, 0, sign * count);
      Atomics.notify(words, 0);
    }
  }
  return {
    send(values) {
      const move = (done: number, count: number) => ring.set(values.subarray(done, done + count), at);
      run(values.length, (filled) => capacity - filled, move, 1);
    },
    receive(into) {
      const move = (done: number, count: number) => into.set(ring.subarray(at, at + count), done);
      run(into.length, (filled) => filled, move, -1);
    },
  };
}
