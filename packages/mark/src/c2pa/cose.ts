import { type Cbor, decodeCbor, encodeCbor, Tagged } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import type { Signer } from "../contract.ts";
import { fromPem } from "../pem.ts";

/** COSE header labels and algorithms (RFC 9052, RFC 9053, RFC 9360). */
const header = { alg: 1, x5chain: 33 } as const;
const es256 = -7;
/** Bytes of the envelope from which its padding can take any length: shorter ones have gaps, as a length takes a byte more. */
const leastPad = 256;

/** RFC 9052, 4.4: what is signed. The payload is detached: it is the claim box (C2PA 2.2, 13.2). */
export const toBeSigned = (protectedHeader: Uint8Array, payload: Uint8Array, context = "Signature1"): Uint8Array =>
  encodeCbor([context, protectedHeader, new Uint8Array(0), payload]);

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

const envelope = (protectedHeader: Uint8Array, signature: Uint8Array, unprotected: Cbor = new Map()): Uint8Array =>
  encodeCbor(new Tagged(18, [protectedHeader, unprotected, null, signature]));

/** `sigTst2` (C2PA 2.2, 10.3.2.5) and what fills the rest of its room. */
const stamped = (token: Uint8Array, pad: number): Cbor => ({
  sigTst2: { tstTokens: [{ val: token }] },
  pad: new Uint8Array(pad),
});

/** What stamps a signature and how many bytes its token may have. */
export interface Stamping {
  readonly room: number;
  /** Of the bytes that `sigTst2` is over. Throws what the time-stamper throws. */
  stamp(data: Uint8Array): Promise<Uint8Array>;
}

/** A token has more bytes than there was room for. */
export class NoRoom extends Error {}

/** Bytes that `signClaim` will return: they do not depend on the claim. */
export const signatureLength = (signer: Signer, room: number | undefined): number =>
  envelope(
    protectedHeaderOf(signer),
    new Uint8Array(64),
    room === undefined ? undefined : stamped(new Uint8Array(room), leastPad),
  ).length;

/** COSE_Sign1 over a claim. Throws `NoRoom` when the time-stamp is longer than its room. */
export async function signClaim(claim: Uint8Array, signer: Signer, stamping?: Stamping): Promise<Uint8Array> {
  const head = protectedHeaderOf(signer);
  const signature = await signer.sign(toBeSigned(head, claim));
  if (signature.length !== 64) throw new InksealError("internal", `the signer returned ${signature.length} bytes, not 64`);
  if (stamping === undefined) return envelope(head, signature);
  const token = await stamping.stamp(toBeSigned(head, encodeCbor(signature), "CounterSignature"));
  if (token.length > stamping.room) throw new NoRoom(`a time-stamp of ${token.length} bytes`);
  const spare = signatureLength(signer, stamping.room) - envelope(head, signature, stamped(token, leastPad)).length;
  return envelope(head, signature, stamped(token, leastPad + spare));
}

export interface Sign1 {
  /** COSE algorithm number. */
  readonly algorithm: number;
  /** DER certificates, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly signature: Uint8Array;
  /** The bytes that the signature covers, for a given claim. */
  covers(claim: Uint8Array): Uint8Array;
  /** The time-stamp, or a response that holds one, and the bytes it has to be over, for a given claim. */
  readonly timeStamp: { readonly token: Uint8Array; covers(claim: Uint8Array): Uint8Array } | undefined;
}

const bad = () => new InksealError("bad-file", "a signature that is not a COSE_Sign1");

/** A COSE_Sign1 taken apart (RFC 9052, 4.2). Throws `bad-file`. */
export function openSign1(bytes: Uint8Array): {
  readonly head: Uint8Array;
  readonly fields: ReadonlyMap<Cbor, Cbor>;
  readonly unprotected: ReadonlyMap<Cbor, Cbor>;
  readonly payload: Cbor;
  readonly signature: Uint8Array;
} {
  const item = decodeCbor(bytes);
  const array = item instanceof Tagged ? item.value : item;
  if (!Array.isArray(array) || array.length !== 4) throw bad();
  const [head, unprotected, payload, signature] = array as Cbor[];
  if (!(head instanceof Uint8Array) || !(signature instanceof Uint8Array) || !(unprotected instanceof Map)) throw bad();
  const fields = head.length === 0 ? new Map() : decodeCbor(head);
  if (!(fields instanceof Map)) throw bad();
  return { head, fields, unprotected, payload, signature };
}

/** Parses a COSE_Sign1 with its chain in either header (older writers use the text label). Throws `bad-file`. */
export function parseSign1(bytes: Uint8Array): Sign1 {
  const { head, fields, unprotected, signature } = openSign1(bytes);
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
    timeStamp: timeStampIn(unprotected, head, signature),
  };
}

/** Both as countersignatures: the second kind over the signature, the first, of C2PA 1, over what is signed. */
export function timeStampIn(unprotected: ReadonlyMap<Cbor, Cbor>, head: Uint8Array, signature: Uint8Array): Sign1["timeStamp"] {
  const [second, first] = [tokenIn(unprotected.get("sigTst2")), tokenIn(unprotected.get("sigTst"))];
  return second !== undefined
    ? { token: second, covers: () => toBeSigned(head, encodeCbor(signature), "CounterSignature") }
    : first && { token: first, covers: (claim) => toBeSigned(head, claim, "CounterSignature") };
}

/** The first token of a header; empty where the header holds none, which is no time-stamp that could be read. */
function tokenIn(value: Cbor): Uint8Array | undefined {
  if (value === undefined) return undefined;
  const tokens = value instanceof Map ? value.get("tstTokens") : undefined;
  const first = Array.isArray(tokens) ? (tokens as Cbor[])[0] : undefined;
  const token = first instanceof Map ? first.get("val") : undefined;
  return token instanceof Uint8Array ? token : new Uint8Array(0);
}
