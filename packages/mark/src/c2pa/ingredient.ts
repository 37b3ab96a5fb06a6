import { type Cbor, equalBytes, type JumbfBox } from "@inkseal/codec";
import { hashPayload, isHashName } from "./hashes.ts";
import { labels, uuids } from "./names.ts";
import { failure, type Status, success } from "./status.ts";
import { assertionMap, hashedUri, type Manifest, type ManifestStore, parseStore } from "./store.ts";

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
    statuses.filter((s) => s.kind === kind).map((s) => ({ code: s.code, url, explanation: s.detail }));
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

const signatureBox = (manifest: JumbfBox): JumbfBox | undefined =>
  manifest.children.find((c): c is JumbfBox => c.kind === "superbox" && c.uuid === uuids.signature);

/**
 * Whether the manifests that the active one builds on are still those it names (15.11.3.2). Where the claim
 * redacts assertions of theirs, their own hash differs and the hash of their signature decides. What those manifests say of
 * their own files is not judged: those files are not here.
 */
export function checkIngredients(active: Manifest, manifests: readonly JumbfBox[]): Status[] {
  const statuses: Status[] = [];
  const redacts = active.claim.get("redacted_assertions") !== undefined;
  for (const box of active.assertions.filter((b) => b.label?.startsWith("c2pa.ingredient"))) {
    const value = assertionMap(box);
    const manifest = hashedUri(value?.get("activeManifest") ?? value?.get("c2pa_manifest"));
    if (manifest === undefined) continue;
    const signature = hashedUri(value?.get("claimSignature"));
    const label = /^self#jumbf=\/?c2pa\/([^/]+)$/.exec(manifest.url)?.[1];
    const found = manifests.find((m) => m.label === label);
    const matches = (target: JumbfBox | undefined, uri: typeof manifest | undefined): boolean => {
      const alg = uri?.alg ?? "sha256";
      return (
        target !== undefined && uri !== undefined && isHashName(alg) && equalBytes(hashPayload(target.payload, alg), uri.hash)
      );
    };
    if (found === undefined) statuses.push(failure("ingredient.manifest.missing", manifest.url));
    else if (matches(found, manifest)) statuses.push(success("ingredient.manifest.validated", manifest.url));
    else if (redacts && matches(signatureBox(found), signature))
      statuses.push(success("ingredient.claimSignature.validated", manifest.url));
    else statuses.push(failure("ingredient.manifest.mismatch", manifest.url));
  }
  return statuses;
}
