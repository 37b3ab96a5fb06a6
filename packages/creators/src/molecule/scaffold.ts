import { Graph } from "./graph.ts";
import { type Step, stepOf } from "./smiles-tokens.ts";

/** The scaffold's own tokens, in their order. Rings of what is hung on it are closed before it goes on, so its ring numbers are free when they come. */
export class Scaffold {
  readonly #steps: readonly Step[];
  readonly #promises: readonly number[];
  readonly #numbers = new Set<number>();
  #at = 0;
  #atoms = 0;
  /** Branches of its own that are open. */
  depth = 0;

  constructor(tokens: readonly string[]) {
    this.#steps = tokens.map(stepOf);
    const whole = new Graph();
    for (const step of this.#steps) whole.take(step);
    // sulphur and phosphorus keep the valence that they have
    this.#promises = whole.atoms.map(({ used, most, element }) => {
      const kept = element === "S" ? used + (used % 2) : element === "P" ? Math.max(3, used + 1 - (used % 2)) : most;
      return used + most - kept;
    });
  }
  get next(): Step | undefined {
    return this.#steps[this.#at];
  }
  get left(): number {
    return this.#steps.length - this.#at;
  }
  /** Rings of its own that are open. */
  get rings(): number {
    return this.#numbers.size;
  }
  owns(number: number): boolean {
    return this.#numbers.has(number);
  }
  /** Takes its next token. */
  take(g: Graph): void {
    const step = this.next!;
    const parent = g.current;
    g.take(step);
    if (step.kind === "open") this.depth++;
    if (step.kind === "close") {
      this.depth--;
      g.atom.goesOn = false;
    }
    if (step.kind === "ring") {
      if (!this.#numbers.delete(step.number)) this.#numbers.add(step.number);
      g.atom.promised--;
    }
    if (step.kind === "atom") {
      const bond = this.#atoms === 0 ? 0 : step.bond;
      g.atom.promised = this.#promises[this.#atoms++]! - bond;
      if (parent >= 0) g.atoms[parent]!.promised -= bond;
    }
    this.#at++;
  }
}
