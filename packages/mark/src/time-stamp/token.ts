import { type Der, derContext, derTag, equalBytes, insideDer, oidOf, readDer, timeOf } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { oids } from "./names.ts";

/** A time-stamp token taken apart (RFC 3161, 2.4.2: CMS SignedData around a TSTInfo). Nothing is verified yet. */
export interface TimeStampToken {
  /** DER of the ContentInfo: what a manifest holds. */
  readonly bytes: Uint8Array;
  /** The TSTInfo, which the signature covers by its digest. */
  readonly info: Uint8Array;
  readonly imprint: { readonly hash: string; readonly digest: Uint8Array };
  /** Milliseconds since 1970. */
  readonly time: number;
  /** DER, in the order of the token. */
  readonly certificates: readonly Uint8Array[];
  readonly signer: TokenSigner;
}
export interface TokenSigner {
  /** Whether a certificate's serial number (content of the integer) or key identifier is the one that is named. */
  readonly id: { readonly serial: Uint8Array } | { readonly key: Uint8Array };
  /** Object identifiers. */
  readonly digest: string;
  readonly algorithm: string;
  readonly signature: Uint8Array;
  /** What is signed: the attributes, encoded as a set. */
  readonly attributesBytes: Uint8Array;
  /** First value of each signed attribute, by object identifier. */
  readonly attributes: ReadonlyMap<string, Der>;
}

const most = 16;
const bad = (what: string): InksealError => new InksealError("bad-file", `time-stamp: ${what}`);

/** The token of a TimeStampResp. Throws `bad-file` for what is none, `upstream-rejected` for one that refuses. */
export function tokenOfResponse(bytes: Uint8Array): Uint8Array {
  const [status, token] = insideDer(only(bytes), derTag.sequence);
  const [code] = insideDer(status, derTag.sequence);
  // 0 granted, 1 granted with modifications
  if (code?.tag !== derTag.integer || code.content.length !== 1 || (code.content[0] as number) > 1 || token === undefined)
    throw new InksealError(
      "upstream-rejected",
      `the time-stamping authority refused (status ${code?.content[0] ?? "unknown"})`,
    );
  return token.bytes;
}

/** A token, or a response that holds one, as older manifests do. Throws `bad-file`. */
export function readToken(bytes: Uint8Array): TimeStampToken {
  const outer = insideDer(only(bytes), derTag.sequence);
  if (outer[0]?.tag !== derTag.oid) return readToken(tokenInside(bytes));
  const [type, content] = outer;
  if (oidOf(type) !== oids.signedData) throw bad("not signed data");
  const [version, , encapsulated, ...rest] = insideDer(insideDer(content, derContext(0))[0], derTag.sequence);
  const [kind, wrapped] = insideDer(encapsulated, derTag.sequence);
  const [octets] = insideDer(wrapped, derContext(0));
  const signers = insideDer(rest.at(-1), derTag.set);
  const certificates = rest[0]?.tag === derContext(0) ? readDer(rest[0].content) : [];
  if (version?.tag !== derTag.integer || oidOf(kind) !== oids.tstInfo || octets?.tag !== derTag.octetString)
    throw bad("no TSTInfo inside");
  if (signers.length !== 1 || certificates.length > most) throw bad("it has more than one signer, or too many certificates");
  return {
    bytes: only(bytes).bytes,
    info: octets.content,
    ...readInfo(octets.content),
    certificates: certificates.map((c) => c.bytes),
    signer: readSigner(signers[0] as Der),
  };
}

function tokenInside(response: Uint8Array): Uint8Array {
  const token = tokenOfResponse(response);
  // a response inside a response would go on without an end
  if (insideDer(only(token), derTag.sequence)[0]?.tag !== derTag.oid) throw bad("no token inside");
  return token;
}

function only(bytes: Uint8Array): Der {
  const found = readDer(bytes);
  if (found.length !== 1) throw bad("not one element");
  return found[0] as Der;
}

function readInfo(bytes: Uint8Array): Pick<TimeStampToken, "imprint" | "time"> {
  const [, , imprint, , time] = insideDer(only(bytes), derTag.sequence);
  const [algorithm, digest] = insideDer(imprint, derTag.sequence);
  if (digest?.tag !== derTag.octetString) throw bad("no message imprint");
  return {
    imprint: { hash: oidOf(insideDer(algorithm, derTag.sequence)[0]), digest: digest.content },
    time: timeOf(time),
  };
}

function readSigner(element: Der): TokenSigner {
  const [version, id, digest, attributes, algorithm, signature] = insideDer(element, derTag.sequence);
  if (version === undefined || id === undefined || signature?.tag !== derTag.octetString)
    throw bad("a signer that cannot be read");
  const serial = id.tag === derTag.sequence ? insideDer(id, derTag.sequence)[1]?.content : undefined;
  const values = new Map<string, Der>();
  for (const attribute of insideDer(attributes, derContext(0))) {
    const [type, set] = insideDer(attribute, derTag.sequence);
    const [value] = insideDer(set, derTag.set);
    const name = oidOf(type);
    // two values of one attribute: whoever checks the other one is deceived
    if (value === undefined || values.has(name)) throw bad("a signed attribute is empty or there twice");
    values.set(name, value);
  }
  const attributesBytes = (attributes as Der).bytes.slice();
  attributesBytes[0] = derTag.set; // RFC 5652, 5.4: signed under its own tag, not the implicit one
  return {
    id: serial === undefined ? { key: id.content } : { serial },
    digest: oidOf(insideDer(digest, derTag.sequence)[0]),
    algorithm: oidOf(insideDer(algorithm, derTag.sequence)[0]),
    signature: signature.content,
    attributesBytes,
    attributes: values,
  };
}

/** Whether the signed attributes say that they are of this token: its kind, and the digest of its TSTInfo. */
export function attributesFit({ attributes }: TokenSigner, digest: Uint8Array): boolean {
  const type = attributes.get(oids.contentType);
  const stated = attributes.get(oids.messageDigest);
  return (
    type?.tag === derTag.oid &&
    oidOf(type) === oids.tstInfo &&
    stated?.tag === derTag.octetString &&
    equalBytes(stated.content, digest)
  );
}
