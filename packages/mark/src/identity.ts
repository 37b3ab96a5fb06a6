import { InksealError } from "@inkseal/core";
import { sha256 } from "@noble/hashes/sha2.js";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsageExtension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { Signer } from "./contract.ts";
import { fromPem, toPem } from "./pem.ts";

export interface Identity {
  /** Self-signed root: what verifiers have to trust. */
  readonly rootPem: string;
  /** The leaf; the root stays out, as RFC 9360 and C2PA want it. */
  readonly chainPem: string;
  readonly privateKeyPkcs8Pem: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const emailProtection = "1.3.6.1.5.5.7.3.4";
const day = 86_400_000;

/**
 * A signing identity of one's own: a root for 20 years and a leaf for 5, ES256, after the certificate profile of
 * C2PA 2.2, 14.5.1 (emailProtection is the purpose that every reader accepts). The root's private key is dropped
 * on return, so nothing else can ever be issued under it.
 *
 * A leaf this long because a machine without network reaches no time-stamping authority: without a time-stamp
 * a manifest stays valid only as long as its leaf.
 */
export async function makeIdentity(options: {
  readonly commonName: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** `length` random bytes, for serial numbers; without it they come from a digest of the key. Keys come from WebCrypto. */
  readonly random?: (length: number) => Uint8Array;
}): Promise<Identity> {
  const { commonName, now, random } = options;
  if (commonName.length === 0 || commonName.length > 64 || /\p{C}/u.test(commonName))
    throw new InksealError("bad-request", "a common name has 1 to 64 printable characters");
  cryptoProvider.set(crypto);
  const rootKeys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const leafKeys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const name = (cn: string): JsonName => [{ CN: [cn] }, { O: ["Inkseal"] }];
  const rootName = name(`${commonName.slice(0, 56)} root`);
  // an hour back: clocks of verifiers are not exactly ours
  const notBefore = new Date(now - 3_600_000);
  const common = { notBefore, signingKey: rootKeys.privateKey, signingAlgorithm: algorithm, issuer: rootName };
  const root = await X509CertificateGenerator.create({
    ...common,
    serialNumber: await serial(rootKeys.publicKey, random),
    subject: rootName,
    notAfter: new Date(now + 20 * 365 * day),
    publicKey: rootKeys.publicKey,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(rootKeys.publicKey),
    ],
  });
  const leaf = await X509CertificateGenerator.create({
    ...common,
    serialNumber: await serial(leafKeys.publicKey, random),
    subject: name(commonName),
    notAfter: new Date(now + 5 * 365 * day),
    publicKey: leafKeys.publicKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([emailProtection], true),
      await SubjectKeyIdentifierExtension.create(leafKeys.publicKey),
      await AuthorityKeyIdentifierExtension.create(rootKeys.publicKey),
    ],
  });
  const pem = (c: X509Certificate): string => toPem(new Uint8Array(c.rawData), "CERTIFICATE");
  const key = new Uint8Array(await crypto.subtle.exportKey("pkcs8", leafKeys.privateKey));
  return { rootPem: pem(root), chainPem: pem(leaf), privateKeyPkcs8Pem: toPem(key, "PRIVATE KEY") };
}

/** 16 bytes as hex; first bit clear, so that the integer is positive, second set, so that it is never zero. */
async function serial(key: CryptoKey, random?: (length: number) => Uint8Array): Promise<string> {
  const bytes = random?.(16) ?? sha256(new Uint8Array(await crypto.subtle.exportKey("spki", key))).slice(0, 16);
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40;
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

/** A signer over a PKCS #8 P-256 key. Throws `bad-file` when the PEM holds no such key or certificate. */
export async function signerFrom(options: { readonly chainPem: string; readonly privateKeyPem: string }): Promise<Signer> {
  const der = fromPem(options.privateKeyPem, "PRIVATE KEY")[0];
  if (der === undefined || fromPem(options.chainPem, "CERTIFICATE").length === 0)
    throw new InksealError("bad-file", "a signer needs a PKCS #8 private key and a certificate chain in PEM");
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey("pkcs8", der as BufferSource, algorithm, false, ["sign"]);
  } catch (cause) {
    throw new InksealError("bad-file", "the private key is not an ECDSA P-256 key", { cause });
  }
  return {
    certificates: options.chainPem,
    async sign(data) {
      return new Uint8Array(await crypto.subtle.sign(algorithm, key, data as BufferSource));
    },
  };
}
