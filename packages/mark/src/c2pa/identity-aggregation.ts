import { type Cbor, equalBytes } from "@inkseal/codec";
import { checkTimeStamp } from "../time-stamp/check.ts";
import type { ValidationOptions } from "./claim-signature.ts";
import { openSign1, timeStampIn, toBeSigned } from "./cose.ts";
import { type Fault, jsonUri, type SignerPayload } from "./identity-assertion.ts";
import { jsonMap } from "./store.ts";

const edDsa = -8;
const header = { alg: 1, contentType: 3 } as const;

/**
 * `cawg.identity_claims_aggregation` (CAWG identity assertion 1.1, 8.1): a verifiable credential of a service that knows who the person is, in a
 * COSE_Sign1 with EdDSA. Issuers are keys (`did:jwk`) or sites (`did:web`); nothing is fetched here, so the word of a site stays unproven and says so.
 */
export async function aggregatedFaults(
  payload: SignerPayload,
  signature: Uint8Array,
  options: ValidationOptions,
): Promise<Fault[]> {
  let sign1: ReturnType<typeof openSign1>;
  try {
    sign1 = openSign1(signature);
  } catch {
    return [["cawg.ica.invalid_cose_sign1", "the credential is not a COSE_Sign1"]];
  }
  if (sign1.fields.get(header.alg) !== edDsa) return [["cawg.ica.invalid_alg", "the credential is not signed by EdDSA"]];
  const faults: Fault[] = [];
  if (sign1.fields.get(header.contentType) !== "application/vc")
    faults.push(["cawg.ica.invalid_content_type", "not marked as a credential"]);
  const credential = sign1.payload instanceof Uint8Array ? credentialIn(sign1.payload) : undefined;
  if (credential === undefined || !(sign1.payload instanceof Uint8Array))
    return [...faults, ["cawg.ica.invalid_verifiable_credential", "the credential cannot be read"]];
  const covered = toBeSigned(sign1.head, sign1.payload);
  faults.push(...(await issuerFaults(credential.issuer, covered, sign1.signature)));
  const stamp = timeStampIn(sign1.unprotected, sign1.head, sign1.signature);
  const stamped = stamp && (await checkTimeStamp(stamp.token, stamp.covers(sign1.payload), options.timeStampRoots ?? []));
  // whoever stamped it, the stamp has to be one
  if (stamped !== undefined && (stamped.time === undefined || stamped.code === "timeStamp.outsideValidity"))
    faults.push(["cawg.ica.time_stamp.invalid", stamped.detail]);
  faults.push(...validityFaults(credential, options.now?.() ?? 0, stamped?.time));
  if (!isSame(payload, credential.asset))
    faults.push(["cawg.ica.signer_payload.mismatch", "the credential is about something else"]);
  return faults;
}

interface Credential {
  readonly issuer: string;
  readonly validFrom: Cbor;
  readonly validUntil: Cbor;
  readonly asset: ReadonlyMap<Cbor, Cbor>;
}

function credentialIn(bytes: Uint8Array): Credential | undefined {
  const vc = jsonMap(bytes);
  const subjects = vc?.get("credentialSubject");
  const subject = Array.isArray(subjects) ? (subjects as Cbor[])[0] : subjects;
  if (vc === undefined || !(subject instanceof Map)) return undefined;
  const [issuer, asset, identities] = [vc.get("issuer"), subject.get("c2paAsset"), subject.get("verifiedIdentities")];
  const typed = Array.isArray(vc.get("@context")) && Array.isArray(vc.get("type"));
  if (!typed || typeof issuer !== "string" || !(asset instanceof Map) || !Array.isArray(identities) || identities.length === 0)
    return undefined;
  return { issuer, validFrom: vc.get("validFrom"), validUntil: vc.get("validUntil"), asset };
}

async function issuerFaults(issuer: string, covered: Uint8Array, signature: Uint8Array): Promise<Fault[]> {
  const [, method, id] = /^did:([a-z0-9]+):([^#]+)(?:#.*)?$/.exec(issuer) ?? [];
  if (method === "web") return [["cawg.ica.did_unavailable", `${issuer.slice(0, 200)} is not asked here`]];
  if (method !== "jwk") return [["cawg.ica.invalid_issuer", issuer.slice(0, 200)]];
  let key: CryptoKey;
  try {
    const json = atob((id as string).replaceAll("-", "+").replaceAll("_", "/"));
    const { kty, crv, x } = JSON.parse(json) as Record<string, unknown>;
    if (kty !== "OKP" || crv !== "Ed25519" || typeof x !== "string") throw new TypeError("another kind of key");
    key = await crypto.subtle.importKey("jwk", { kty, crv, x }, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return [["cawg.ica.invalid_did_document", "the issuer's key cannot be read"]];
  }
  const fits = await crypto.subtle
    .verify({ name: "Ed25519" }, key, signature as BufferSource, covered as BufferSource)
    .catch(() => false);
  return fits ? [] : [["cawg.ica.signature_mismatch", "the issuer did not sign this credential"]];
}

function validityFaults({ validFrom, validUntil }: Credential, now: number, stamped: number | undefined): Fault[] {
  const [from, until] = [time(validFrom), time(validUntil)];
  const faults: Fault[] = [];
  if (from === undefined) faults.push(["cawg.ica.valid_from.missing", "the credential does not say from when it counts"]);
  else if (now < from || (stamped ?? from) < from) faults.push(["cawg.ica.valid_from.invalid", String(validFrom)]);
  if (until !== undefined && (now > until || (stamped ?? until) > until))
    faults.push(["cawg.ica.valid_until.invalid", String(validUntil)]);
  return faults;
}

function time(value: Cbor): number | undefined {
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** Whether the credential is about what the assertion says it signs; an algorithm that only one of them names is no difference. */
function isSame(payload: SignerPayload, asset: ReadonlyMap<Cbor, Cbor>): boolean {
  const list = asset.get("referenced_assertions");
  const theirs = Array.isArray(list) ? (list as Cbor[]).map(jsonUri) : [];
  return (
    asset.get("sig_type") === payload.type &&
    theirs.length === payload.referenced.length &&
    payload.referenced.every((own, i) => {
      const other = theirs[i];
      return (
        other !== undefined && own.url === other.url && equalBytes(own.hash, other.hash) && (own.alg ?? other.alg) === other.alg
      );
    })
  );
}
