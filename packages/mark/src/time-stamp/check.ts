import { type Der, derTag, equalBytes, hexOf, insideDer, oidOf, readDer } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { ExtendedKeyUsageExtension, SubjectKeyIdentifierExtension, type X509Certificate } from "@peculiar/x509";
import { checkChain, nameOf, type ParsedChain, parseChain } from "../c2pa/certificates.ts";
import { digest, type HashName } from "../c2pa/hashes.ts";
import { hashByOid, oids, signatureByOid } from "./names.ts";
import { attributesFit, readToken, type TimeStampToken } from "./token.ts";

/** What a time-stamp says and whether it holds. */
export interface TimeStampVerdict {
  /** C2PA 2.2, 15.2: `timeStamp.trusted`, `.untrusted`, `.mismatch`, `.outsideValidity`, `.malformed`. */
  readonly code: string;
  readonly detail: string;
  /** Milliseconds since 1970; only of a token that is signed over the very bytes. */
  readonly time?: number;
  /** Common name of the authority's certificate, likewise. */
  readonly by?: string;
}

/**
 * Judges a token over `data`: imprint, signature, the certificate's one purpose, its validity at the time stated, and its
 * chain to one of `roots`. No revocation. Never throws for bad input.
 */
export async function checkTimeStamp(
  bytes: Uint8Array,
  data: Uint8Array,
  roots: readonly X509Certificate[],
): Promise<TimeStampVerdict> {
  try {
    const token = readToken(bytes);
    const hash = hashByOid[token.imprint.hash];
    if (hash === undefined) return mismatch("its digest algorithm is not accepted");
    if (!equalBytes(await digest(data, hash), token.imprint.digest)) return mismatch("it is over something else");
    const chain = chainOf(token);
    if (chain === undefined) return { code: "timeStamp.malformed", detail: "its signer's certificate is not in it" };
    const fault = await signatureFault(token, chain.leaf);
    if (fault !== undefined) return mismatch(fault);
    const found = { time: token.time, by: nameOf(chain.leaf) };
    const verdict = await checkChain(chain, roots, token.time, profileFault);
    const { fault: profile, trusted, detail } = verdict;
    if (profile?.code === "expired") return { code: "timeStamp.outsideValidity", detail: profile.detail, ...found };
    const counts = trusted && profile === undefined;
    return { code: counts ? "timeStamp.trusted" : "timeStamp.untrusted", detail: profile?.detail ?? detail, ...found };
  } catch (error) {
    return { code: "timeStamp.malformed", detail: InksealError.is(error) ? error.message : "the time-stamp cannot be read" };
  }
}

const mismatch = (detail: string): TimeStampVerdict => ({ code: "timeStamp.mismatch", detail });

/** The certificate that the signer names, then all others. */
function chainOf({ certificates, signer }: TimeStampToken): ParsedChain | undefined {
  const parsed = parseChain(certificates);
  if (parsed === undefined) return undefined;
  const all = [parsed.leaf, ...parsed.rest];
  const leaf = all.find((c) => isNamed(c, signer.id));
  return leaf && { leaf, rest: all.filter((c) => c !== leaf) };
}

function isNamed(certificate: X509Certificate, id: TimeStampToken["signer"]["id"]): boolean {
  if ("key" in id) return certificate.getExtension(SubjectKeyIdentifierExtension)?.keyId === hexOf(id.key);
  return certificate.serialNumber.replace(/^0+/, "") === hexOf(id.serial).replace(/^0+/, "");
}

/** RFC 3161, 2.3: for time-stamps, and for nothing else. */
function profileFault(leaf: X509Certificate): string | undefined {
  const extended = leaf.getExtension(ExtendedKeyUsageExtension);
  const purposes = extended?.usages.map(String) ?? [];
  return purposes.length === 1 && purposes[0] === oids.timeStamping && extended?.critical
    ? undefined
    : "the authority's certificate is for another purpose";
}

/** What is wrong with a token's signature; undefined when it is the leaf's over this token. */
async function signatureFault({ info, signer }: TimeStampToken, leaf: X509Certificate): Promise<string | undefined> {
  const own = hashByOid[signer.digest];
  const algorithm = signatureByOid[signer.algorithm];
  if (own === undefined || algorithm === undefined) return `algorithm ${signer.algorithm} is not checked here`;
  if (!attributesFit(signer, await digest(info, own))) return "its signed attributes are of another token";
  if (!(await namesCertificate(signer.attributes, leaf))) return "it names another certificate than its signer's";
  const { name, hash = own } = algorithm;
  const namedCurve = (leaf.publicKey.algorithm as { namedCurve?: string }).namedCurve;
  const parameters = { name, hash: `SHA-${hash.slice(3)}`, ...(namedCurve === undefined ? {} : { namedCurve }) };
  const signature = name === "ECDSA" ? rawSignature(signer.signature, namedCurve) : signer.signature;
  const verified = await crypto.subtle
    .importKey("spki", leaf.publicKey.rawData, parameters, false, ["verify"])
    .then((key) => crypto.subtle.verify(parameters, key, signature as BufferSource, signer.attributesBytes as BufferSource))
    // a key of another kind than the algorithm says is a mismatch, not our failure
    .catch(() => false);
  return verified ? undefined : "its signature does not fit";
}

/** Whether the signed attributes name this certificate by its digest (RFC 2634, RFC 5035). */
async function namesCertificate(attributes: ReadonlyMap<string, Der>, leaf: X509Certificate): Promise<boolean> {
  const v2 = attributes.get(oids.signingCertificateV2);
  const [list] = insideDer(v2 ?? attributes.get(oids.signingCertificate), derTag.sequence);
  const [first] = insideDer(list, derTag.sequence);
  const fields = insideDer(first, derTag.sequence);
  const stated = fields.find((f) => f.tag === derTag.octetString);
  let name: HashName | undefined = "sha256";
  if (fields[0]?.tag === derTag.sequence && v2 !== undefined) name = hashByOid[oidOf(readDer(fields[0].content)[0])];
  if (stated === undefined || name === undefined) return false;
  const algorithm = v2 === undefined ? "SHA-1" : `SHA-${name.slice(3)}`;
  return equalBytes(new Uint8Array(await crypto.subtle.digest(algorithm, leaf.rawData)), stated.content);
}

/** WebCrypto's r‖s of DER's sequence of two numbers. */
function rawSignature(bytes: Uint8Array, namedCurve: string | undefined): Uint8Array {
  const length = { "P-256": 32, "P-384": 48, "P-521": 66 }[namedCurve ?? ""] ?? 0;
  const raw = new Uint8Array(2 * length);
  for (const [i, { content }] of insideDer(readDer(bytes)[0], derTag.sequence).slice(0, 2).entries()) {
    const number = content.subarray(content.findIndex((b) => b !== 0));
    if (number.length > length) throw new InksealError("bad-file", "time-stamp: a number of its signature is too long");
    raw.set(number, (i + 1) * length - number.length);
  }
  return raw;
}
