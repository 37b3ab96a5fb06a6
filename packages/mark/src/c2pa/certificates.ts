import { equalBytes } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate,
} from "@peculiar/x509";
import { fromPem } from "../pem.ts";
import { isSignedBy } from "./certificate-signature.ts";

/** Purposes that C2PA 2.2, 14.5.1.2 allows for claim signers: e-mail protection, document signing, C2PA's own. */
const purposes = ["1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.62558.2.1"];

/** What a chain is worth; its two halves do not depend on each other, and a verdict names both. */
export interface ChainVerdict {
  /** What is wrong with the leaf itself: `expired` at the time in question, or `invalid`, it may not sign what it signed. */
  readonly fault: { readonly code: "expired" | "invalid"; readonly detail: string } | undefined;
  /** Whether the chain led to a root on the list, all of it valid at that time. */
  readonly trusted: boolean;
  readonly detail: string;
  /** Common name of the leaf, or its whole subject. */
  readonly signer: string;
}

export interface ParsedChain {
  readonly leaf: X509Certificate;
  readonly rest: readonly X509Certificate[];
}

/** The certificates of a signature, or undefined when one of them is no certificate. */
export function parseChain(chain: readonly Uint8Array[]): ParsedChain | undefined {
  try {
    const [leaf, ...rest] = chain.map(parsed);
    return leaf && { leaf, rest };
  } catch {
    return undefined;
  }
}

/** The library reads extensions, names and keys when they are asked for, and throws then: so all are asked for here. */
function parsed(der: Uint8Array): X509Certificate {
  const c = new X509Certificate(der as Uint8Array<ArrayBuffer>);
  const read = [c.extensions, c.subjectName, c.issuerName, c.publicKey.algorithm, c.notBefore.getTime(), c.notAfter.getTime()];
  if (read.some((v) => v === undefined || Number.isNaN(v))) throw new TypeError("not a certificate");
  return c;
}

/** The certificates of a PEM text. Throws `bad-file`. */
export const trustRoots = (pem: string): X509Certificate[] =>
  fromPem(pem, "CERTIFICATE").map((der, i) => {
    try {
      return parsed(der);
    } catch (cause) {
      throw new InksealError("bad-file", `certificate ${i + 1} of those to trust cannot be read`, { cause });
    }
  });

/** Common name of a subject, or all of it. */
export const nameOf = (c: X509Certificate): string => c.subjectName.getField("CN")[0] ?? c.subject;

/**
 * Walks from the leaf to a root in `roots`: every signature, every validity at `at` (milliseconds since 1970), CA flags,
 * and the leaf's profile, a claim signer's (C2PA 2.2, 14.5.1) if no other is given. No revocation: there is no network here.
 */
export async function checkChain(
  { leaf, rest }: ParsedChain,
  roots: readonly X509Certificate[],
  at: number,
  profileFault: (leaf: X509Certificate) => string | undefined = signerFault,
): Promise<ChainVerdict> {
  const invalid = profileFault(leaf);
  const fault = !isValidAt(leaf, at)
    ? ({ code: "expired", detail: validity(leaf) } as const)
    : invalid === undefined
      ? undefined
      : ({ code: "invalid", detail: invalid } as const);
  return { fault, ...(await walk(leaf, rest, roots, at)), signer: nameOf(leaf) };
}

async function walk(
  leaf: X509Certificate,
  rest: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  at: number,
): Promise<Pick<ChainVerdict, "trusted" | "detail">> {
  let current = leaf;
  for (let depth = 0; depth < 8; depth++) {
    if (!isValidAt(current, at)) return { trusted: false, detail: validity(current) };
    if (roots.some((r) => equalBytes(new Uint8Array(r.rawData), new Uint8Array(current.rawData))))
      return { trusted: true, detail: `trusted root ${nameOf(current)}` };
    const issuer = await issuerOf(current, [...roots, ...rest]);
    if (issuer === undefined || issuer === current) break;
    current = issuer;
  }
  return { trusted: false, detail: `no trusted root for ${current.issuer}` };
}

const isValidAt = (c: X509Certificate, at: number): boolean => at >= c.notBefore.getTime() && at <= c.notAfter.getTime();
const validity = (c: X509Certificate): string =>
  `${nameOf(c)} is valid from ${c.notBefore.toISOString()} to ${c.notAfter.toISOString()}`;

async function issuerOf(
  certificate: X509Certificate,
  candidates: readonly X509Certificate[],
): Promise<X509Certificate | undefined> {
  for (const c of candidates) {
    if (c.subject !== certificate.issuer || !c.getExtension(BasicConstraintsExtension)?.ca) continue;
    const usage = c.getExtension(KeyUsagesExtension);
    if (usage !== null && (usage.usages & KeyUsageFlags.keyCertSign) === 0) continue;
    if (await isSignedBy(certificate, c)) return c;
  }
  return undefined;
}

function signerFault(leaf: X509Certificate): string | undefined {
  if (leaf.getExtension(BasicConstraintsExtension)?.ca) return "the signing certificate is a CA";
  const usage = leaf.getExtension(KeyUsagesExtension);
  if (usage === null || (usage.usages & KeyUsageFlags.digitalSignature) === 0)
    return "the signing certificate is not for signatures";
  const extended = leaf.getExtension(ExtendedKeyUsageExtension)?.usages.map(String) ?? [];
  if (!extended.some((p) => purposes.includes(p))) return "the signing certificate is for another purpose";
  return undefined;
}
