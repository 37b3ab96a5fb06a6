import { type Cbor, decodeCbor, encodeCbor, Tagged } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import type { Signer } from "../contract.ts";
import { fromPem } from "../pem.ts";

/** COSE header labels and algorithms (RFC 9052, RFC 9053, RFC 9360). */
const header = { alg: 1, x5chain: 33 } as const;
const es256 = -7;

/** RFC 9052, 4.4: what is signed. The payload is detached: it is the claim box (C2PA 2.2, 13.2). */
const toBeSigned = (protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array =>
  encodeCbor(["Signature1", protectedHeader, new Uint8Array(0), payload]);

function protectedHeaderOf(signer: Signer): Uint8Array {
  const chain = fromPem(signer.certificates, "CERTIFICATE");
  if (chain.length === 0) throw new InksealError("bad-file", "the signer has no certificate");
  // RFC 9360: one certificate is a byte string, more are an array
  const x5chain: Cbor = chain.length === 1 ? chain[0] : chain;
  return encodeCbor(
    new Map<Cbor, Cbor>([
      [header.alg, es256],
      [header.x5chain, x5chain],
    ]),
  );
}

const envelope = (protectedHeader: Uint8Array, signature: Uint8Array): Uint8Array =>
  encodeCbor(new Tagged(18, [protectedHeader, new Map(), null, signature]));

/** Bytes that `signClaim` will return: they do not depend on the claim. */
export const signatureLength = (signer: Signer): number => envelope(protectedHeaderOf(signer), new Uint8Array(64)).length;

/** COSE_Sign1 over a claim. */
export async function signClaim(claim: Uint8Array, signer: Signer): Promise<Uint8Array> {
  const head = protectedHeaderOf(signer);
  const signature = await signer.sign(toBeSigned(head, claim));
  if (signature.length !== 64) throw new InksealError("internal", `the signer returned ${signature.length} bytes, not 64`);
  return envelope(head, signature);
}

export interface Sign1 {
  /** COSE algorithm number. */
  readonly algorithm: number;
  /** DER certificates, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly signature: Uint8Array;
  /** The bytes that the signature covers, for a given claim. */
  covers(claim: Uint8Array): Uint8Array;
  /** A time-stamp is there (not read here). */
  readonly timestamped: boolean;
}

/** Parses a COSE_Sign1 with its chain in either header (older writers use the text label). Throws `bad-file`. */
export function parseSign1(bytes: Uint8Array): Sign1 {
  const item = decodeCbor(bytes);
  const array = item instanceof Tagged ? item.value : item;
  const bad = () => new InksealError("bad-file", "the claim signature is not a COSE_Sign1");
  if (!Array.isArray(array) || array.length !== 4) throw bad();
  const [head, unprotected, , signature] = array as Cbor[];
  if (!(head instanceof Uint8Array) || !(signature instanceof Uint8Array) || !(unprotected instanceof Map)) throw bad();
  const fields = head.length === 0 ? new Map() : decodeCbor(head);
  if (!(fields instanceof Map)) throw bad();
  const algorithm = fields.get(header.alg);
  const x5 =
    fields.get(header.x5chain) ?? fields.get("x5chain") ?? unprotected.get(header.x5chain) ?? unprotected.get("x5chain");
  const chain = (Array.isArray(x5) ? x5 : [x5]).filter((c): c is Uint8Array => c instanceof Uint8Array);
  if (typeof algorithm !== "number" || chain.length === 0 || chain.length > 16) throw bad();
  return {
    algorithm,
    chain,
    signature,
    covers: (claim) => toBeSigned(head, claim),
    timestamped: unprotected.has("sigTst") || unprotected.has("sigTst2"),
  };
}
