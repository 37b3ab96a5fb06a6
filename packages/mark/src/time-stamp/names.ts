import type { HashName } from "../c2pa/hashes.ts";

/** Object identifiers of RFC 3161, RFC 5652 (CMS), RFC 5035 and RFC 5816. */
export const oids = {
  signedData: "1.2.840.113549.1.7.2",
  tstInfo: "1.2.840.113549.1.9.16.1.4",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  /** Names the certificate by its SHA-1. */
  signingCertificate: "1.2.840.113549.1.9.16.2.12",
  /** Names it by another digest, SHA-256 unless it says so. */
  signingCertificateV2: "1.2.840.113549.1.9.16.2.47",
  sha256: "2.16.840.1.101.3.4.2.1",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  /** The one purpose of a time-stamping certificate. */
  timeStamping: "1.3.6.1.5.5.7.3.8",
} as const;

export const hashByOid: Readonly<Record<string, HashName>> = {
  [oids.sha256]: "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};

/** Signature algorithms; one without a hash of its own goes with the signer's digest algorithm. */
export const signatureByOid: Readonly<
  Record<string, { readonly name: "ECDSA" | "RSASSA-PKCS1-v1_5" | "Ed25519"; readonly hash?: HashName }>
> = {
  "1.2.840.113549.1.1.1": { name: "RSASSA-PKCS1-v1_5" },
  "1.2.840.113549.1.1.11": { name: "RSASSA-PKCS1-v1_5", hash: "sha256" },
  "1.2.840.113549.1.1.12": { name: "RSASSA-PKCS1-v1_5", hash: "sha384" },
  "1.2.840.113549.1.1.13": { name: "RSASSA-PKCS1-v1_5", hash: "sha512" },
  "1.2.840.10045.2.1": { name: "ECDSA" },
  [oids.ecdsaWithSha256]: { name: "ECDSA", hash: "sha256" },
  "1.2.840.10045.4.3.3": { name: "ECDSA", hash: "sha384" },
  "1.2.840.10045.4.3.4": { name: "ECDSA", hash: "sha512" },
  "1.3.101.112": { name: "Ed25519" },
};
