import type { Cbor } from "@inkseal/codec";
import type { Signer } from "../src/contract.ts";
import { manifest, parentOf, store } from "./manifests.ts";

const id = (n: number): string => `urn:c2pa:00000000-0000-4000-8000-00000000000${n}`;
const binding: Cbor = {
  exclusions: [],
  alg: "sha256",
  hash: new Uint8Array(32),
  name: "jumbf manifest",
  pad: new Uint8Array(0),
};
const created: Cbor = { actions: [{ action: "c2pa.created" }] };

/** Stores of the shapes that others write: an ingredient, an update, a redaction, an identity, hashes over boxes. */
export async function foreignStores(signer: Signer): Promise<Uint8Array[]> {
  const first = await manifest(signer, id(1), [
    ["c2pa.actions.v2", created],
    ["c2pa.hash.data", binding],
  ]);
  const update = await manifest(
    signer,
    id(2),
    [
      ["c2pa.ingredient.v3", parentOf(first)],
      ["c2pa.actions.v2", { actions: [{ action: "c2pa.edited.metadata" }] }],
    ],
    { update: true, claim: { redacted_assertions: [`self#jumbf=/c2pa/${id(1)}/c2pa.assertions/org.test`] } },
  );
  const identified = await manifest(signer, id(3), [
    ["c2pa.actions.v2", created],
    [
      "cawg.identity",
      {
        signer_payload: {
          referenced_assertions: [{ url: "self#jumbf=c2pa.assertions/c2pa.hash.boxes", hash: new Uint8Array(32) }],
          sig_type: "cawg.identity_claims_aggregation",
        },
        signature: new Uint8Array(40),
        pad1: new Uint8Array(4),
      },
    ],
    ["c2pa.hash.boxes", { alg: "sha256", boxes: [{ names: ["PNGh", "IHDR"], hash: new Uint8Array(32) }] }],
  ]);
  return [store(first), store(first, update), store(identified)];
}
