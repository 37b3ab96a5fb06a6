import type { Cbor, JumbfBox } from "@inkseal/codec";
import { assertionMap, type HashedUri, hashedUri, type Manifest } from "./store.ts";

/** An assertion on what an asset was made from (C2PA 2.2, 18.16), of any of its three versions. */
export interface IngredientAssertion {
  readonly label: string;
  readonly relationship: Cbor;
  /** Its manifest in the store, where it came with one. */
  readonly manifest: HashedUri | undefined;
  readonly signature: HashedUri | undefined;
  readonly value: ReadonlyMap<Cbor, Cbor>;
}

export const isIngredient = (label: string | undefined): boolean => /^c2pa\.ingredient(?:\.v\d)?(?:__\d+)?$/.test(label ?? "");

const read = new WeakMap<Manifest, readonly IngredientAssertion[]>();

/** Those of a manifest that can be read; redacted ones, which are zeros, are none. */
export function ingredientsOf(m: Manifest): readonly IngredientAssertion[] {
  const found = read.get(m) ?? m.assertions.flatMap((box) => ingredientIn(box.label ?? "", box));
  read.set(m, found);
  return found;
}

function ingredientIn(label: string, box: JumbfBox): IngredientAssertion[] {
  const value = isIngredient(label) ? assertionMap(box) : undefined;
  if (value === undefined) return [];
  const manifest = hashedUri(value.get("activeManifest") ?? value.get("c2pa_manifest"));
  return [
    { label, relationship: value.get("relationship"), manifest, signature: hashedUri(value.get("claimSignature")), value },
  ];
}
