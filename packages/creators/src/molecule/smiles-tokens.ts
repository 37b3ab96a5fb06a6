/**
 * SMILES (Weininger 1988) in Kekulé form, a token an atom. A bond that is written belongs to the atom or the ring number after it: `=O` is one
 * token, so the valence that a token takes is known from the token alone. There are no aromatic atoms: whether lower-case rings can be
 * kekulised is only known at their end, while valences of single and double bonds can be counted on the way.
 */
import { InksealError } from "@inkseal/core";

export type Bond = 1 | 2 | 3;
/** What a token does to a molecule that is written from left to right. */
export type Step =
  | {
      readonly kind: "atom";
      readonly element: string;
      readonly bond: Bond /** Without its own bond's order. */;
      readonly symbol: string;
    }
  | { readonly kind: "ring"; readonly number: number; readonly bond: Bond }
  | { readonly kind: "open" }
  | { readonly kind: "close" };

/** How many bonds an atom may have, and whether hydrogens fill up what is left: bracket atoms have none here, so theirs is exact. */
export interface Valence {
  readonly most: number;
  readonly exact: boolean;
}
/** By the symbol in SMILES. Sulphur and phosphorus have steps between; see `Graph.complete`. */
export const valences: Readonly<Record<string, Valence>> = {
  B: { most: 3, exact: false },
  C: { most: 4, exact: false },
  N: { most: 3, exact: false },
  O: { most: 2, exact: false },
  F: { most: 1, exact: false },
  P: { most: 5, exact: false },
  S: { most: 6, exact: false },
  Cl: { most: 1, exact: false },
  Br: { most: 1, exact: false },
  I: { most: 1, exact: false },
  "[N+]": { most: 4, exact: true },
  "[O-]": { most: 1, exact: true },
  "[N-]": { most: 2, exact: true },
};

/** `[N+]` → `N`. */
export const elementOf = (symbol: string): string => symbol.replace(/[^A-Za-z]/g, "");

const bonds: Readonly<Record<string, Bond>> = { "": 1, "=": 2, "#": 3 };
const pattern = /([=#]?)(\[[^\]]+\]|Br|Cl|[BCNOPSFI])|([=#]?)(%\d\d|\d)|[()]/gy;

/** Tokens of a Kekulé SMILES. Throws `bad-request` naming what cannot be read: charges, isotopes, stereo marks, several parts. */
export function smilesTokens(smiles: string): string[] {
  const tokens = smiles.match(new RegExp(pattern, "g")) ?? [];
  if (tokens.join("") !== smiles)
    throw new InksealError(
      "bad-request",
      `${JSON.stringify(smiles.slice(0, 80))} is not a plain Kekulé SMILES of one molecule`,
    );
  return tokens;
}

/** What a token does. Throws `bad-request` for a text that is no token. */
export function stepOf(token: string): Step {
  if (token === "(") return { kind: "open" };
  if (token === ")") return { kind: "close" };
  const bond = bonds[/^[=#]/.exec(token)?.[0] ?? ""]!;
  const rest = token.replace(/^[=#]/, "");
  if (/^(\d|%\d\d)$/.test(rest)) return { kind: "ring", number: Number(rest.replace("%", "")), bond };
  if (!(rest in valences)) throw new InksealError("bad-request", `the model has no atom ${JSON.stringify(rest)}`);
  return { kind: "atom", symbol: rest, element: elementOf(rest), bond };
}
