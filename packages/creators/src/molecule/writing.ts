import { type Ending, endingCost, needs, owedBy, waits } from "./ending.ts";
import { Graph, needOf } from "./graph.ts";
import { Scaffold } from "./scaffold.ts";
import { elementOf, type Step, stepOf, valences } from "./smiles-tokens.ts";

/**
 * Which tokens may come next so that the SMILES becomes a valid molecule within its length: the grammar, ring numbers (a ring has three atoms, and no
 * bond is there twice) and valences are kept step by step, and a step is only allowed when what it begins (branches, rings, bonds of ions) can
 * still be ended, by plain carbons if need be, within the tokens that are left. So there are no dead ends, and every ended text is
 * valid by construction, whatever the model's weights say.
 *
 * With a scaffold, its own tokens come in their order, and the model may hang branches on its atoms where hydrogens are left, and go on after
 * its end: the scaffold is in every molecule.
 */
export class MoleculeWriter {
  readonly #graph = new Graph();
  readonly #steps: readonly (Step | undefined)[];
  readonly #end: number;
  readonly #most: number;
  readonly #scaffold: Scaffold | undefined;
  #written = 0;
  /** Depth of branches at which what the model writes freely began; undefined while only the scaffold's next token or a branch may come. */
  #floor: number | undefined = 0;
  /** Tokens that end the branches which are open above the floor. */
  #owed: number[] = [];
  #over = false;

  /** `tokens`: texts by number, undefined for those that are no SMILES; `end` ends; `most`: longest text, tokens with the end. */
  constructor(
    tokens: readonly (string | undefined)[],
    { end, most, scaffold }: { readonly end: number; readonly most: number; readonly scaffold?: readonly string[] | undefined },
  ) {
    this.#steps = tokens.map((token) => (token === undefined ? undefined : stepOf(token)));
    this.#end = end;
    this.#most = most;
    if (scaffold !== undefined) {
      this.#scaffold = new Scaffold(scaffold);
      this.#floor = undefined;
    }
  }
  get over(): boolean {
    return this.#over;
  }

  /** Whether token `id` may come next. */
  allows(id: number): boolean {
    if (this.#over) return false;
    if (id === this.#end) return this.#mayEnd();
    const step = this.#steps[id];
    if (step === undefined) return false;
    if (this.#floor === undefined) return this.#onScaffold(step);
    return this.#freely(step, this.#floor);
  }

  /** Takes a token that is allowed. Throws RangeError for another. */
  accept(id: number): void {
    if (!this.allows(id)) throw new RangeError(`token ${id} is not allowed here`);
    this.#written++;
    if (id === this.#end) {
      this.#over = true;
      return;
    }
    const step = this.#steps[id]!;
    const g = this.#graph;
    const scaffold = this.#scaffold;
    if (this.#floor === undefined) {
      const next = scaffold!.next!;
      if (step.kind === "open" && next.kind !== "open") {
        g.take(step);
        this.#floor = g.branches.length;
      } else if (step.kind === "atom" && next.kind === "close")
        this.#floor = g.branches.length; // goes on in the scaffold's own branch
      else {
        scaffold!.take(g);
        if (scaffold!.next === undefined) this.#floor = 0;
        return;
      }
      if (step.kind === "atom") g.take(step);
      return;
    }
    if (step.kind === "close" && g.branches.length === this.#floor) {
      // the end of what was hung on the scaffold
      const own = scaffold!.next?.kind === "close" && !this.#hung();
      if (own) scaffold!.take(g);
      else {
        g.take(step);
        g.atom.goesOn = false;
      }
      this.#floor = scaffold!.next === undefined ? 0 : undefined;
      return;
    }
    if (step.kind === "open") this.#owed.push(owedBy(g.atom));
    if (step.kind === "close") this.#owed.pop();
    g.take(step);
  }

  /** Whether the branch at the floor was hung on the scaffold, rather than being one of its own. */
  #hung(): boolean {
    return this.#graph.branches.length > this.#scaffold!.depth;
  }

  #mayEnd(): boolean {
    const g = this.#graph;
    return this.#floor === 0 && g.branches.length === 0 && g.rings.size === 0 && g.current >= 0 && this.#complete();
  }
  #complete(): boolean {
    const g = this.#graph;
    return g.need() === 0 && !g.atom.goesOn;
  }

  #onScaffold(step: Step): boolean {
    const g = this.#graph;
    const scaffold = this.#scaffold!;
    const next = scaffold.next!;
    if (same(step, next)) return true;
    if (g.current < 0 || g.last === "open" || next.kind === "open" || next.kind === "ring" || g.free() < 1) return false;
    if (step.kind === "open") return next.kind === "atom" && this.#affords({ needs: 0, rings: [], waits: 0, taken: 2 });
    if (step.kind !== "atom" || next.kind !== "close") return false;
    return this.#atomFits(step, g.free(), g.branches.length);
  }

  #freely(step: Step, floor: number): boolean {
    const g = this.#graph;
    switch (step.kind) {
      case "atom": {
        if (g.current < 0) return step.bond === 1 && this.#atomFits(step, Infinity, floor);
        // the first atom of a branch leaves its parent a bond to go on with, unless that is the scaffold's care
        const hung = g.last === "open" && g.branches.length === floor;
        return this.#atomFits(step, g.free() - (g.last === "open" && !hung ? 1 : 0), floor);
      }
      case "open": {
        const rings = this.#ownRings();
        if (g.current < 0 || g.last === "open" || g.free() < 2) return false;
        return this.#affords({ needs: 0, rings, waits: Math.min(1, rings.length), taken: 2 + owedBy(g.atom) });
      }
      case "close": {
        if (g.branches.length < Math.max(floor, 1) || g.last === "open" || !this.#complete()) return false;
        return g.branches.length > floor || this.#ownRings().length === 0;
      }
      case "ring":
        return this.#ringFits(step.number, step.bond, floor);
    }
  }

  /** Atoms whose rings were begun in what is written freely; the scaffold's own are closed by it. */
  #ownRings(): number[] {
    const own: number[] = [];
    for (const [number, atom] of this.#graph.rings) if (this.#floor === 0 || !this.#scaffold?.owns(number)) own.push(atom);
    return own;
  }

  #atomFits({ symbol, bond }: Extract<Step, { kind: "atom" }>, room: number, floor: number): boolean {
    const { most, exact } = valences[symbol]!;
    if (bond > room || bond > most) return false;
    const g = this.#graph;
    // a chain that goes on never comes back to the atom before, which must then have all its bonds
    if (g.current >= 0 && g.last !== "open" && needOf({ ...g.atom, used: g.atom.used + bond }) > 0) return false;
    const used = g.current < 0 ? 0 : bond;
    const rings = this.#ownRings();
    const bottom = g.branches.length === floor;
    if (bottom && rings.length > 0 && most - used < 1) return false;
    const atom = { most, exact, element: elementOf(symbol), used };
    // most atoms come where no ring is open
    const wait = rings.length === 0 ? 0 : waits({ ...atom, at: -1, neighbours: new Set([g.current]) }, rings, bottom);
    return this.#affords({ needs: needs(atom), rings, waits: wait, taken: 1 });
  }

  #ringFits(number: number, bond: number, floor: number): boolean {
    const g = this.#graph;
    if (bond !== 1 || g.current < 0 || (g.last !== "atom" && g.last !== "ring") || g.free() < 1) return false;
    const other = g.rings.get(number);
    const bottom = g.branches.length === floor;
    const after = { ...g.atom, at: g.current, used: g.atom.used + 1 };
    const rings = this.#ownRings();
    if (needOf(after) > g.free() - 1) return false;
    if (other === undefined) {
      for (let lower = 1; lower < number; lower++) if (!g.rings.has(lower)) return false; // the lowest number, as in canonical SMILES
      if (bottom && g.free() < 2) return false;
      rings.push(g.current);
      return this.#affords({ needs: needs(after), rings, waits: waits(after, rings, bottom), taken: 1 });
    }
    if (this.#floor !== 0 && this.#scaffold?.owns(number)) return false;
    if (other === g.current || g.bonded(other, g.current)) return false;
    if (bottom && rings.length > 1 && g.free() < 2) return false;
    rings.splice(rings.indexOf(other), 1);
    const neighbours = new Set([...g.atom.neighbours, other]);
    return this.#affords({ needs: needs(after), rings, waits: waits({ ...after, neighbours }, rings, bottom), taken: 1 });
  }

  /** Whether the text can still be ended after `taken` tokens. */
  #affords({ taken, ...rest }: Ending & { readonly taken: number }): boolean {
    const owed = this.#owed.reduce((a, b) => a + b, 0);
    const scaffold = this.#scaffold === undefined || this.#floor === 0 ? 0 : this.#scaffold.left + 1;
    return this.#written + taken + endingCost(rest) + owed + scaffold + 1 <= this.#most;
  }
}

const same = (a: Step, b: Step): boolean =>
  a.kind === b.kind &&
  (a.kind !== "atom" || (b.kind === "atom" && a.symbol === b.symbol && a.bond === b.bond)) &&
  (a.kind !== "ring" || (b.kind === "ring" && a.number === b.number));
