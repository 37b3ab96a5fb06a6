import type { X509Certificate } from "@peculiar/x509";
import type { Sign1 } from "./cose.ts";
import { importableKey } from "./public-key.ts";

/** WebCrypto parameters by COSE algorithm (C2PA 2.2, 13.2.1). */
const algorithms: Readonly<Record<number, { readonly name: string; readonly hash: string }>> = {
  [-7]: { name: "ECDSA", hash: "SHA-256" },
  [-35]: { name: "ECDSA", hash: "SHA-384" },
  [-36]: { name: "ECDSA", hash: "SHA-512" },
  [-37]: { name: "RSA-PSS", hash: "SHA-256" },
  [-38]: { name: "RSA-PSS", hash: "SHA-384" },
  [-39]: { name: "RSA-PSS", hash: "SHA-512" },
  [-8]: { name: "Ed25519", hash: "SHA-512" },
};

/** Whether `sign1` is the leaf's signature over `claim`; undefined when the algorithm cannot be checked here. */
export async function verifySign1(sign1: Sign1, leaf: X509Certificate, claim: Uint8Array): Promise<boolean | undefined> {
  const algorithm = algorithms[sign1.algorithm];
  if (algorithm === undefined) return undefined;
  const { name, hash } = algorithm;
  const namedCurve = (leaf.publicKey.algorithm as { namedCurve?: string }).namedCurve;
  try {
    const spki = importableKey(new Uint8Array(leaf.publicKey.rawData));
    const parameters = { name, hash, ...(namedCurve === undefined ? {} : { namedCurve }) };
    const key = await crypto.subtle.importKey("spki", spki as BufferSource, parameters, false, ["verify"]);
    const saltLength = Number(hash.slice(4)) / 8;
    return await crypto.subtle.verify(
      { name, hash, saltLength } as EcdsaParams,
      key,
      sign1.signature as BufferSource,
      sign1.covers(claim) as BufferSource,
    );
  } catch {
    // a key of another kind than the algorithm says is a mismatch, not our failure
    return false;
  }
}
