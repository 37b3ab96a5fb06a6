import { checkRank, type Reduce } from "./reduce.ts";

export interface Layers {
  /** The ranks of this machine. */
  readonly inner: Reduce;
  /** The first ranks of all machines; only this machine's inner rank 0 has it. */
  readonly outer?: Reduce;
  readonly machine: number;
  readonly machines: number;
}

/**
 * The threads of several machines as one group: they add up inside each machine first, so that only one buffer of each crosses the network.
 * Rank = machine · threads + thread. All ranks hold the same bits, those of a sum of the machines' rounded sums.
 */
export function layeredReduce({ inner, outer, machine, machines }: Layers): Reduce {
  const size = inner.size * machines;
  return {
    rank: machine * inner.size + inner.rank,
    size,
    async sum(buffer) {
      await inner.sum(buffer);
      await outer?.sum(buffer);
      await inner.broadcast(buffer, 0);
    },
    async broadcast(buffer, from) {
      checkRank(from, size);
      const source = Math.floor(from / inner.size);
      if (machine === source) await inner.broadcast(buffer, from % inner.size);
      await outer?.broadcast(buffer, source);
      await inner.broadcast(buffer, 0);
    },
    async barrier() {
      await inner.barrier();
      await outer?.barrier();
      await inner.barrier();
    },
  };
}
