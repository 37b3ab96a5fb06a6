import { der, derTag, insideDer, oidOf, readDer } from "@inkseal/codec";

/** RFC 4055: a key that is for RSASSA-PSS only, with the hash in its parameters, and one for anything (RFC 8017). */
const pssOnly = "1.2.840.113549.1.1.10";
const rsaEncryption = Uint8Array.from([0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00]);

/**
 * A SubjectPublicKeyInfo as WebCrypto takes it: it knows RSA keys by the identifier of rsaEncryption alone (WebCrypto, 20.8), while
 * certificates of PS256 signers name RSASSA-PSS. The key's numbers are the same. Any other key is returned as it is. Throws `bad-file`.
 */
export function importableKey(spki: Uint8Array): Uint8Array {
  const [algorithm, key] = insideDer(readDer(spki)[0], derTag.sequence);
  if (key === undefined || oidOf(insideDer(algorithm, derTag.sequence)[0]) !== pssOnly) return spki;
  return der(derTag.sequence, der(derTag.sequence, rsaEncryption), key.bytes);
}
