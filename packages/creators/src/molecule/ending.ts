import { needOf } from "./graph.ts";
import type { Valence } from "./smiles-tokens.ts";

/** What a text must yet have before it can end, beside branches and scaffold. */
export interface Ending {
  /** See {@link needs}, of the current atom. */
  readonly needs: number;
  /** The atoms at which open rings began. */
  readonly rings: readonly number[];
  /** See {@link waits}. */
  readonly waits: number;
}
/**
 * Tokens that end it at most: five for a bond that the current atom needs (a branch of one carbon, and the way on), an atom to go on with, three a
 * ring. Not the least, but each state that can afford it has a step to one that can, which is what keeps writing out of dead ends.
 */
export const endingCost = ({ needs, rings, waits }: Ending): number => 5 * needs + 1 + 3 * rings.length + waits;

type Bonds = Pick<Valence, "most" | "exact"> & { readonly element: string; readonly used: number };
/** Bonds to reckon with: what an ion lacks, and one for sulphur and phosphorus, which may have to go on in two. */
export const needs = (atom: Bonds): number =>
  atom.exact ? needOf(atom) : atom.element === "S" || atom.element === "P" ? 1 : 0;
/** Tokens that a branch from this atom costs when it is over: its bracket, an atom to go on with, and the bonds that are then still needed. */
export const owedBy = (atom: Bonds): number => 2 + 5 * (atom.exact ? Math.max(0, needOf(atom) - 1) : needs(atom));
/** Atoms before a ring can be closed: none here, one, or two where all rings began at this very atom. */
export function waits(
  { at, most, used, neighbours }: Bonds & { readonly at: number; readonly neighbours: ReadonlySet<number> },
  rings: readonly number[],
  bottom: boolean,
): number {
  if (rings.length === 0) return 0;
  const others = rings.filter((ring) => ring !== at);
  if (others.length === 0) return 2;
  const room = most - used >= (bottom && rings.length > 1 ? 2 : 1);
  return room && others.some((ring) => !neighbours.has(ring)) ? 0 : 1;
}
