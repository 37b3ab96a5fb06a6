import type { Provenance } from "@inkseal/core";

/** JUMBF content types of C2PA 2.2, 11.1: four letters and the ISO suffix. */
const iso = (letters: string): string =>
  `${Array.from(letters, (c) => c.charCodeAt(0).toString(16)).join("")}00110010800000aa00389b71`;
export const uuids = {
  store: iso("c2pa"),
  manifest: iso("c2ma"),
  update: iso("c2um"),
  assertions: iso("c2as"),
  claim: iso("c2cl"),
  signature: iso("c2cs"),
  cbor: iso("cbor"),
} as const;

export const labels = {
  store: "c2pa",
  assertions: "c2pa.assertions",
  claim: "c2pa.claim.v2",
  signature: "c2pa.signature",
  actions: "c2pa.actions.v2",
  dataHash: "c2pa.hash.data",
  softBinding: "c2pa.soft-binding",
  ingredient: "c2pa.ingredient.v3",
  /** Ours: ids of the run and the artifact, so that a manifest leads to its row in the ledger. */
  run: "org.inkseal.run",
} as const;

/** IPTC digital source type by how the content came to be (cv.iptc.org/newscodes/digitalsourcetype). */
export const digitalSourceType = (source: Provenance["source"]): string =>
  `http://cv.iptc.org/newscodes/digitalsourcetype/${
    { trained: "trainedAlgorithmicMedia", algorithmic: "algorithmicMedia", composite: "compositeWithTrainedAlgorithmicMedia" }[
      source
    ]
  }`;
