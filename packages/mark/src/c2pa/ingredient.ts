import type { Cbor, JumbfBox } from "@inkseal/codec";
import { hashPayload } from "./hashes.ts";
import { labels, uuids } from "./names.ts";
import type { Status } from "./status.ts";
import { type ManifestStore, parseStore } from "./store.ts";

/** A manifest store that came with the input: kept whole, and named as what the new manifest starts from. */
export interface Parent {
  /** Its manifests as they stand, oldest first. */
  readonly manifests: readonly Uint8Array[];
  /** The `c2pa.ingredient.v3` assertion's value (C2PA 2.2, 18.16). */
  readonly ingredient: Cbor;
}

const largest = 8 * 1024 * 1024;

/**
 * The parent of a store, with what validation said of it while its file was still as it came. Undefined for a store
 * that cannot be read, which nothing could refer to, or over 8 MiB.
 */
export function parentOf(store: Uint8Array, statuses: readonly Status[]): Parent | undefined {
  if (store.length > largest) return undefined;
  let parsed: ManifestStore;
  try {
    parsed = parseStore(store);
  } catch {
    return undefined;
  }
  const { active, manifests } = parsed;
  const signature = signatureBox(active.box);
  if (signature === undefined || active.label === "") return undefined;
  const url = `self#jumbf=/c2pa/${active.label}`;
  const of = (kind: Status["kind"]): Cbor =>
    statuses.filter((s) => s.kind === kind).map((s) => ({ code: s.code, url: s.url ?? url, explanation: s.detail }));
  return {
    manifests: manifests.map((m) => m.bytes),
    ingredient: {
      relationship: "parentOf",
      activeManifest: { url, hash: hashPayload(active.box.payload) },
      claimSignature: { url: `${url}/${labels.signature}`, hash: hashPayload(signature.payload) },
      validationResults: {
        activeManifest: {
          success: of("success"),
          informational: of("informational"),
          failure: [...(of("failure") as Cbor[]), ...(of("untrusted") as Cbor[])],
        },
      },
    },
  };
}

export const signatureBox = (manifest: JumbfBox): JumbfBox | undefined =>
  manifest.children.find((c): c is JumbfBox => c.kind === "superbox" && c.uuid === uuids.signature);
