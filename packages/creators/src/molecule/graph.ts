import { InksealError } from "@inkseal/core";
import { type Bond, elementOf, type Step, type Valence, valences } from "./smiles-tokens.ts";

interface Atom {
  readonly most: number;
  readonly exact: boolean;
  readonly element: string;
  /** Bonds that it has, those of ring numbers that are open among them. */
  used: number;
  /** Bonds that a scaffold will yet need. */
  promised: number;
  /** A branch has left from it, so the chain must go on. */
  goesOn: boolean;
  readonly neighbours: Set<number>;
}

/** A molecule while its SMILES is written from left to right: valences, branches and ring numbers. */
export class Graph {
  readonly atoms: Atom[] = [];
  /** The atoms to which branches return. */
  readonly branches: number[] = [];
  /** Ring numbers that wait for their other atom. */
  readonly rings = new Map<number, number>();
  current = -1;
  /** What the last step was. */
  last: Step["kind"] | "start" = "start";

  get atom(): Atom {
    return this.atoms[this.current]!;
  }
  /** Bonds that an atom can yet give to what no scaffold asks for. */
  free(at = this.current): number {
    const { most, used, promised } = this.atoms[at]!;
    return most - used - promised;
  }
  /** Bonds that an atom must yet get: those of ions are exact, and sulphur and phosphorus have no odd (even) valence but their least. */
  need(at = this.current): number {
    return needOf(this.atoms[at]!);
  }
  /** Whether two atoms are bonded, or will be by a ring number. */
  bonded(a: number, b: number): boolean {
    return this.atoms[a]!.neighbours.has(b);
  }

  /** Takes a step that keeps SMILES' grammar and the valences. Throws `bad-request` for one that does not. */
  take(step: Step): void {
    switch (step.kind) {
      case "atom":
        this.#add(step.symbol, step.bond);
        break;
      case "ring":
        this.#ring(step.number);
        break;
      case "open":
        if (this.current < 0) throw wrong("a branch before any atom");
        this.branches.push(this.current);
        break;
      case "close": {
        const back = this.branches.pop();
        if (back === undefined || this.last === "open") throw wrong("a bracket without its other half, or an empty branch");
        this.current = back;
        this.atom.goesOn = true;
        break;
      }
    }
    this.last = step.kind;
  }

  #add(symbol: string, bond: Bond): void {
    const valence = valences[symbol]!;
    const added = this.atoms.length;
    const first = this.current < 0;
    this.atoms.push({
      ...valence,
      element: elementOf(symbol),
      used: first ? 0 : bond,
      promised: 0,
      goesOn: false,
      neighbours: new Set(first ? [] : [this.current]),
    });
    if (!first) {
      this.atom.used += bond;
      this.atom.goesOn = false;
      this.atom.neighbours.add(added);
      if (this.atom.used > this.atom.most || bond > valence.most) throw wrong(`an atom with too many bonds before ${symbol}`);
    }
    this.current = added;
  }

  #ring(number: number): void {
    const other = this.rings.get(number);
    if (other === undefined) this.rings.set(number, this.current);
    else {
      if (other === this.current || this.bonded(other, this.current)) throw wrong("a ring of fewer than three atoms");
      this.rings.delete(number);
      this.atom.neighbours.add(other);
      this.atoms[other]!.neighbours.add(this.current);
    }
    this.atom.used++;
    if (this.atom.used > this.atom.most) throw wrong("an atom with too many bonds at a ring");
  }
}

/** Bonds that an atom of `used` bonds must yet get. */
export function needOf({ most, exact, element, used }: Valence & { readonly element: string; readonly used: number }): number {
  if (exact) return most - used;
  if (element === "S") return used > 2 && used % 2 === 1 ? 1 : 0;
  if (element === "P") return used > 3 && used % 2 === 0 ? 1 : 0;
  return 0;
}

const wrong = (what: string): InksealError => new InksealError("bad-request", `this SMILES has ${what}`);
