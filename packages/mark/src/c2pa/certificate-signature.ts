import { type Der, derContext, derTag, insideDer, oidOf, readDer } from "@inkseal/codec";
import type { X509Certificate } from "@peculiar/x509";
import { hashByOid } from "../time-stamp/names.ts";
import { importableKey } from "./public-key.ts";

const pss = "1.2.840.113549.1.1.10";

/** Whether `certificate` carries a signature by the key of `issuer`. An algorithm that is not checked here is a signature that was not verified. */
export async function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): Promise<boolean> {
  try {
    const [body, algorithm, signature] = insideDer(readDer(new Uint8Array(certificate.rawData))[0], derTag.sequence);
    const [name, parameters] = insideDer(algorithm, derTag.sequence);
    if (oidOf(name) !== pss && oidOf(insideDer(keyAlgorithm(issuer), derTag.sequence)[0]) !== pss)
      return await certificate.verify({ publicKey: issuer, signatureOnly: true });
    if (signature?.tag !== derTag.bitString || body === undefined) return false;
    const { hash, saltLength } = pssParameters(parameters) ?? {};
    if (hash === undefined || saltLength === undefined) return false;
    const use = { name: "RSA-PSS", hash };
    const key = await crypto.subtle.importKey("spki", importableKey(spkiOf(issuer)) as BufferSource, use, false, ["verify"]);
    // the first byte of a bit string says how many bits of its last one are not used
    const bits = signature.content.subarray(1);
    return await crypto.subtle.verify({ name: "RSA-PSS", saltLength }, key, bits as BufferSource, body.bytes as BufferSource);
  } catch {
    return false;
  }
}

const spkiOf = (c: X509Certificate): Uint8Array => new Uint8Array(c.publicKey.rawData);
const keyAlgorithm = (c: X509Certificate) => insideDer(readDer(spkiOf(c))[0], derTag.sequence)[0];

/** RFC 4055, 3.1: hash and length of the salt. Undefined for a hash that is not accepted, SHA-1 among them, which is the default. */
export function pssParameters(parameters: Der | undefined): { readonly hash: string; readonly saltLength: number } | undefined {
  const fields = parameters?.tag === derTag.sequence ? readDer(parameters.content) : [];
  const inside = (number: number): Der | undefined => {
    const field = fields.find((f) => f.tag === derContext(number));
    return field && readDer(field.content)[0];
  };
  const named = inside(0);
  const hash = named && hashByOid[oidOf(insideDer(named, derTag.sequence)[0])];
  const salt = inside(2)?.content;
  return hash && { hash: `SHA-${hash.slice(3)}`, saltLength: salt === undefined ? 20 : salt.reduce((n, b) => n * 256 + b, 0) };
}
