import { type Cbor, decodeCbor, encodeCbor, equalBytes, rawCborValue } from "@inkseal/codec";
import { assertionUri } from "./assertions.ts";
import { checkChain, parseChain } from "./certificates.ts";
import type { ValidationOptions } from "./claim-signature.ts";
import { parseSign1 } from "./cose.ts";
import { aggregatedFaults } from "./identity-aggregation.ts";
import { verifySign1 } from "./signature.ts";
import { informational, type Status, success, untrusted } from "./status.ts";
import { assertionMap, contentOf, type HashedUri, hashedUri, hashedUris, type Manifest } from "./store.ts";
import { labelOf } from "./uri.ts";

/** What somebody signs who vouches for a part of a manifest (CAWG identity assertion 1.1, 5.1). */
export interface SignerPayload {
  readonly referenced: readonly HashedUri[];
  readonly type: string;
  readonly roles: readonly Cbor[];
  /** As it stands in the assertion: what an X.509 signature covers. */
  readonly bytes: Uint8Array;
}

/** `untrusted`: somebody's word beside the claim, so whatever is wrong with it contradicts no byte of the file. */
export type Fault = readonly [code: string, detail: string];
const isIdentity = (label: string): boolean => /^cawg\.identity(?:__\d+)?$/.test(label);

/** Identity assertions of a manifest: that they speak of this claim and its hard binding, and that their signatures hold. */
export async function checkIdentities(m: Manifest, options: ValidationOptions): Promise<Status[]> {
  const statuses: Status[] = [];
  for (const box of m.assertions) {
    const label = box.label ?? "";
    if (!isIdentity(label)) continue;
    const url = assertionUri(m, label);
    const value = assertionMap(box);
    const payload = value && payloadOf(value, contentOf(box, "cbor"));
    const signature = value?.get("signature");
    if (payload === undefined || !(signature instanceof Uint8Array) || !(value?.get("pad1") instanceof Uint8Array)) {
      statuses.push(untrusted("cawg.identity.cbor.invalid", label, url));
      continue;
    }
    const faults: Fault[] = [...padFaults(value), ...referenceFaults(m, payload)];
    if (payload.type === "cawg.x509.cose") faults.push(...(await certifiedFaults(payload, signature, options)));
    else if (payload.type === "cawg.identity_claims_aggregation")
      faults.push(...(await aggregatedFaults(payload, signature, options)));
    else {
      statuses.push(informational("cawg.identity.sig_type.unknown", payload.type.slice(0, 100), url));
      continue;
    }
    if (faults.length === 0) statuses.push(success("cawg.identity.trusted", label, url));
    statuses.push(...faults.map(([code, detail]) => untrusted(code, detail, url)));
  }
  return statuses;
}

function payloadOf(value: ReadonlyMap<Cbor, Cbor>, bytes: Uint8Array): SignerPayload | undefined {
  const payload = value.get("signer_payload");
  const raw = rawCborValue(bytes, "signer_payload");
  if (!(payload instanceof Map) || raw === undefined) return undefined;
  const [referenced, type, roles] = [
    hashedUris(payload.get("referenced_assertions")),
    payload.get("sig_type"),
    payload.get("role"),
  ];
  if (referenced === undefined || typeof type !== "string") return undefined;
  return { referenced, type, roles: Array.isArray(roles) ? roles : [], bytes: raw };
}

const padFaults = (value: ReadonlyMap<Cbor, Cbor>): Fault[] =>
  ["pad1", "pad2"].some((key) => {
    const pad = value.get(key);
    return pad instanceof Uint8Array && pad.some((b) => b !== 0);
  })
    ? [["cawg.identity.pad.invalid", "something is written where nothing should be"]]
    : [];

function referenceFaults(m: Manifest, { referenced }: SignerPayload): Fault[] {
  const claimed = ["created_assertions", "gathered_assertions", "assertions"].flatMap(
    (list) => hashedUris(m.claim.get(list)) ?? [],
  );
  const byLabel = new Map(claimed.map((u) => [labelOf(u.url), u]));
  const faults: Fault[] = [];
  const stranger = referenced.find((u) => {
    const found = byLabel.get(labelOf(u.url));
    return found === undefined || !equalBytes(found.hash, u.hash);
  });
  if (stranger !== undefined)
    faults.push(["cawg.identity.assertion.mismatch", `${stranger.url.slice(0, 200)} is not in the claim like this`]);
  const labels = referenced.map((u) => labelOf(u.url));
  if (!labels.some((l) => l.startsWith("c2pa.hash.")))
    faults.push(["cawg.identity.hard_binding_missing", "it does not speak of the file"]);
  if (new Set(labels).size < labels.length) faults.push(["cawg.identity.assertion.duplicate", "it names an assertion twice"]);
  return faults;
}

/** `cawg.x509.cose` (8.2): no list of ours says whom to believe of identities, so that is always told. */
async function certifiedFaults(payload: SignerPayload, signature: Uint8Array, options: ValidationOptions): Promise<Fault[]> {
  try {
    const sign1 = parseSign1(signature);
    const chain = parseChain(sign1.chain);
    if (chain === undefined) return [["signingCredential.invalid", "a certificate cannot be read"]];
    const faults: Fault[] = [];
    // 1.2 signs the deterministic form, earlier writers what they wrote
    const verified =
      (await verifySign1(sign1, chain.leaf, payload.bytes)) ||
      (await verifySign1(sign1, chain.leaf, encodeCbor(decodeCbor(payload.bytes))));
    if (!verified) faults.push(["cawg.x509.signature.mismatch", "the signature does not fit what it is over"]);
    const { fault, trusted, detail, signer } = await checkChain(chain, options.identityRoots ?? [], options.now?.() ?? 0);
    if (fault !== undefined) faults.push([`signingCredential.${fault.code}`, `${signer}: ${fault.detail}`]);
    if (!trusted) faults.push(["signingCredential.untrusted", `${signer}: ${detail}`]);
    return faults;
  } catch {
    return [["cawg.x509.signature.mismatch", "the signature cannot be read"]];
  }
}

/** A hashed URI of JSON, where the hash is base 64, of some writers as a list of its letters. */
export function jsonUri(value: Cbor): HashedUri | undefined {
  if (!(value instanceof Map)) return undefined;
  const written = value.get("hash");
  const letters = Array.isArray(written) && written.length < 200 && written.every((c) => typeof c === "number" && c < 128);
  const hash = letters ? String.fromCharCode(...(written as number[])) : written;
  if (typeof hash !== "string") return undefined;
  try {
    return hashedUri(new Map([...value, ["hash", Uint8Array.from(atob(hash), (c) => c.charCodeAt(0))]] as [Cbor, Cbor][]));
  } catch {
    return undefined;
  }
}
