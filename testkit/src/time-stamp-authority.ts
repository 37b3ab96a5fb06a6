import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { der, derContext, derInteger, derOid, derTag, derTime, insideDer, readDer } from "@inkseal/codec";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

export interface TestAuthority {
  /** What a verifier trusts for its tokens. */
  readonly rootPem: string;
  /** DER of the TimeStampResp to a TimeStampReq. */
  answer(request: Uint8Array): Promise<Uint8Array>;
  /** Asks this authority, whatever the address; how often it was asked is in `asked`. */
  readonly fetch: typeof fetch;
  readonly asked: readonly string[];
  /** The same over HTTP on loopback. */
  serve(): Promise<{ readonly url: string; close(): Promise<void> }>;
}

export interface TestAuthorityOptions {
  /** Milliseconds since 1970: the time that it puts to everything. */
  readonly time: number;
  /** From when to when its certificate is valid; an hour before `time` to a year after. */
  readonly validity?: readonly [from: number, to: number];
  /** Purpose of its certificate; time-stamping. */
  readonly purpose?: string;
  /** Bytes that it puts into the token beyond what is needed, as nonce. */
  readonly bulk?: number;
}

const keys = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const sha256 = "2.16.840.1.101.3.4.2.1";
const tstInfo = "1.2.840.113549.1.9.16.1.4";
const year = 365 * 86_400_000;

const sequence = (...parts: Uint8Array[]): Uint8Array => der(derTag.sequence, ...parts);
const octets = (bytes: Uint8Array): Uint8Array => der(derTag.octetString, bytes);
const algorithm = (oid: string): Uint8Array => sequence(derOid(oid));
const digest = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource));

/** A time-stamping authority after RFC 3161 whose clock stands still: ECDSA P-256, a leaf under a root of its own. */
export async function testAuthority(options: TestAuthorityOptions): Promise<TestAuthority> {
  const { time, validity: [from, to] = [time - 3_600_000, time + year], purpose = "1.3.6.1.5.5.7.3.8" } = options;
  cryptoProvider.set(crypto);
  const [rootKeys, leafKeys] = [
    await crypto.subtle.generateKey(keys, true, ["sign", "verify"]),
    await crypto.subtle.generateKey(keys, true, ["sign", "verify"]),
  ];
  const common = { signingKey: rootKeys.privateKey, signingAlgorithm: keys, issuer: "CN=Test TSA root" };
  const root = await X509CertificateGenerator.create({
    ...common,
    ...{ serialNumber: "4101", subject: common.issuer, publicKey: rootKeys.publicKey },
    ...{ notBefore: new Date(from - year), notAfter: new Date(to + year) },
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(rootKeys.publicKey),
    ],
  });
  const leaf = await X509CertificateGenerator.create({
    ...common,
    ...{ serialNumber: "4102", subject: "CN=Test TSA", publicKey: leafKeys.publicKey },
    ...{ notBefore: new Date(from), notAfter: new Date(to) },
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([purpose], true),
      await AuthorityKeyIdentifierExtension.create(rootKeys.publicKey),
    ],
  });
  const leafDer = new Uint8Array(leaf.rawData);

  async function answer(request: Uint8Array): Promise<Uint8Array> {
    const [, imprint, ...optional] = insideDer(readDer(request)[0], derTag.sequence);
    const nonce = optional.find((o) => o.tag === derTag.integer);
    const info = sequence(
      ...[derInteger(1), derOid("1.3.6.1.4.1.99999.1"), imprint?.bytes as Uint8Array, derInteger(7), derTime(time)],
      ...(options.bulk === undefined ? [] : [derInteger(new Uint8Array(options.bulk).fill(1))]),
      ...(nonce === undefined || options.bulk !== undefined ? [] : [nonce.bytes]),
    );
    const attribute = (oid: string, value: Uint8Array): Uint8Array => sequence(derOid(oid), der(derTag.set, value));
    const attributes = [
      attribute("1.2.840.113549.1.9.3", derOid(tstInfo)),
      attribute("1.2.840.113549.1.9.4", octets(await digest(info))),
      attribute("1.2.840.113549.1.9.16.2.47", sequence(sequence(sequence(octets(await digest(leafDer)))))),
    ];
    const signed = der(derTag.set, ...attributes);
    const raw = new Uint8Array(await crypto.subtle.sign(keys, leafKeys.privateKey, signed as BufferSource));
    const issuer = readDer(new Uint8Array(leaf.issuerName.toArrayBuffer()))[0]?.bytes as Uint8Array;
    const signer = sequence(
      ...[derInteger(1), sequence(issuer, derInteger(Uint8Array.of(0x41, 0x02))), algorithm(sha256)],
      ...[der(derContext(0), ...attributes), algorithm("1.2.840.10045.4.3.2")],
      octets(sequence(derInteger(raw.subarray(0, 32)), derInteger(raw.subarray(32)))),
    );
    const data = sequence(
      ...[derInteger(3), der(derTag.set, algorithm(sha256)), sequence(derOid(tstInfo), der(derContext(0), octets(info)))],
      ...[der(derContext(0), leafDer), der(derTag.set, signer)],
    );
    return sequence(sequence(derInteger(0)), sequence(derOid("1.2.840.113549.1.7.2"), der(derContext(0), data)));
  }

  const asked: string[] = [];
  return {
    rootPem: root.toString("pem"),
    answer,
    asked,
    fetch: async (url, init) => {
      asked.push(String(url));
      return new Response((await answer(init?.body as Uint8Array)) as BodyInit);
    },
    async serve() {
      const server = createServer(async (request, response) => {
        asked.push(request.url ?? "");
        const parts: Uint8Array[] = [];
        for await (const part of request) parts.push(part as Uint8Array);
        response.setHeader("content-type", "application/timestamp-reply");
        response.end(await answer(new Uint8Array(Buffer.concat(parts))));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsa`,
        close: () => new Promise((resolve) => server.close(() => resolve())),
      };
    },
  };
}
