import { InksealError } from "@inkseal/core";
import { type Expression, type Range, utf8Runs } from "./expression.ts";

/** Nodes that a pattern may have: repetitions are written out. */
const mostNodes = 200_000;

/** A way from a node to another on one byte of a range. */
export interface Step {
  readonly first: number;
  readonly last: number;
  readonly to: number;
}

/** A node: by bytes, for nothing, or through a rule and then on. */
export interface Node {
  readonly steps: Step[];
  readonly free: number[];
  call: { readonly rule: number; readonly to: number } | undefined;
}

/**
 * A recursive transition network over UTF-8 bytes (Woods 1970): each rule a nondeterministic automaton made as Thompson's (1968), whose
 * edges may also call a rule. A regular expression is the network of one rule. Rule 0 is where it starts.
 */
export class Network {
  readonly nodes: Node[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly #names: string[];
  readonly #numbers: ReadonlyMap<string, number>;

  /** Throws `bad-request` for an unknown rule, left recursion, and more than 200,000 nodes. */
  constructor(rules: ReadonlyMap<string, Expression>) {
    this.#names = [...rules.keys()];
    this.#numbers = new Map(this.#names.map((name, i) => [name, i]));
    for (const body of rules.values()) {
      const start = this.#node();
      this.starts.push(start);
      this.ends.push(this.#build(body, start));
    }
    this.#refuseLeftRecursion();
  }

  #node(): number {
    if (this.nodes.length >= mostNodes)
      throw new InksealError("bad-request", `the pattern has more than ${mostNodes} states; its repetitions are too large`);
    return this.nodes.push({ steps: [], free: [], call: undefined }) - 1;
  }

  #free(from: number, to: number = this.#node()): number {
    this.nodes[from]!.free.push(to);
    return to;
  }

  /** Adds the ways for `expression` out of `from`; answers where they end. */
  #build(expression: Expression, from: number): number {
    switch (expression.kind) {
      case "set":
        return this.#set(expression.ranges, from);
      case "sequence":
        return expression.parts.reduce((at, part) => this.#build(part, at), from);
      case "choice": {
        const end = this.#node();
        for (const part of expression.parts) this.#free(this.#build(part, this.#free(from)), end);
        return end;
      }
      case "rule": {
        const rule = this.#numbers.get(expression.name);
        if (rule === undefined) throw new InksealError("bad-request", `the grammar has no rule ${expression.name}`);
        const to = this.#node();
        const at = this.#free(from);
        this.nodes[at]!.call = { rule, to };
        return to;
      }
      case "repeat": {
        let at = from;
        for (let i = 0; i < expression.least; i++) at = this.#build(expression.part, at);
        if (expression.most === Number.POSITIVE_INFINITY) {
          const loop = this.#free(at);
          this.#free(this.#build(expression.part, loop), loop);
          return this.#free(loop);
        }
        const end = this.#node();
        for (let i = expression.least; i < expression.most; i++) {
          this.#free(at, end);
          at = this.#build(expression.part, this.#free(at));
        }
        return this.#free(at, end);
      }
    }
  }

  /** Runs of bytes that end alike share their nodes. */
  #set(ranges: readonly Range[], from: number): number {
    const end = this.#node();
    const tails = new Map<string, number>([["", end]]);
    const tail = (run: readonly Range[]): number => {
      const key = run.join();
      let node = tails.get(key);
      if (node === undefined) {
        node = this.#node();
        this.nodes[node]!.steps.push({ first: run[0]![0], last: run[0]![1], to: tail(run.slice(1)) });
        tails.set(key, node);
      }
      return node;
    };
    for (const range of ranges)
      for (const run of utf8Runs(range))
        this.nodes[from]!.steps.push({ first: run[0]![0], last: run[0]![1], to: tail(run.slice(1)) });
    return end;
  }

  /** A rule that comes to itself without a byte would never end. */
  #refuseLeftRecursion(): void {
    const nullable = new Set<number>();
    /** Nodes reached from a rule's start without a byte. */
    const reached = (rule: number): Set<number> => {
      const seen = new Set([this.starts[rule]!]);
      for (const at of seen) {
        const { free, call } = this.nodes[at]!;
        for (const to of free) seen.add(to);
        if (call !== undefined && nullable.has(call.rule)) seen.add(call.to);
      }
      return seen;
    };
    for (let before = -1; before !== nullable.size; ) {
      before = nullable.size;
      for (let rule = 0; rule < this.starts.length; rule++)
        if (!nullable.has(rule) && reached(rule).has(this.ends[rule]!)) nullable.add(rule);
    }
    const first = this.starts.map((_, rule) => [
      ...new Set([...reached(rule)].flatMap((at) => this.nodes[at]!.call?.rule ?? [])),
    ]);
    for (let rule = 0; rule < first.length; rule++) {
      const seen = new Set(first[rule]);
      for (const at of seen) for (const to of first[at]!) seen.add(to);
      if (seen.has(rule))
        throw new InksealError("bad-request", `the grammar's rule ${this.#names[rule]} calls itself at its own beginning`);
    }
  }
}
