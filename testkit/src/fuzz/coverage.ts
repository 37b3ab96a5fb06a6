import { Session } from "node:inspector";

interface Covered {
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
  }[];
}

/** Which blocks of our own sources ran since the last time, and about how often: V8's precise coverage, by block. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();
  readonly #blocks = new Set<string>();

  start(): void {
    this.#session.connect();
    this.#post("Profiler.enable");
    this.#post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Blocks known so far. */
  get blocks(): number {
    return this.#blocks.size;
  }

  /** What ran since the last call and was never seen before: blocks, or blocks that ran another class of times (1, 2, 3, up to 7, 15, 31, 127, more). */
  news(): string[] {
    return this.ran().filter((key) => {
      if (this.#seen.has(key)) return false;
      this.#seen.add(key);
      this.#blocks.add(key.slice(0, key.lastIndexOf(":")));
      return true;
    });
  }

  /** What ran since the last call: script, range and class of times. */
  ran(): string[] {
    const found: string[] = [];
    for (const { url, functions } of (this.#post("Profiler.takePreciseCoverage") as { result: Covered[] }).result) {
      if (!/\/packages\/[^/]+\/src\//.test(url)) continue;
      const script = url.slice(url.lastIndexOf("/packages/"));
      for (const { ranges } of functions)
        for (const { startOffset, endOffset, count } of ranges)
          if (count > 0) found.push(`${script}:${startOffset}:${endOffset}:${classOf(count)}`);
    }
    return found;
  }

  #post(method: string, parameters: object = {}): unknown {
    let answer: unknown;
    // the session of one's own thread answers at once
    this.#session.post(method, parameters, (error, result) => {
      if (error !== null) throw error;
      answer = result;
    });
    return answer;
  }
}

const classOf = (count: number): number => {
  const limits = [1, 2, 3, 7, 15, 31, 127];
  const at = limits.findIndex((l) => count <= l);
  return at < 0 ? limits.length : at;
};
