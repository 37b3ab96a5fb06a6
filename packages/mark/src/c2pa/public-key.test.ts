import { der, derOid, derTag, insideDer, readDer } from "@inkseal/codec";
import { cryptoProvider, type X509Certificate, X509CertificateGenerator } from "@peculiar/x509";
import { beforeAll, expect, test } from "vitest";
import { now } from "../../test/fixtures.ts";
import { isSignedBy } from "./certificate-signature.ts";
import { importableKey } from "./public-key.ts";
import { verifySign1 } from "./signature.ts";

const algorithm = { name: "RSA-PSS", hash: "SHA-256", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
let keys: CryptoKeyPair;
let spki: Uint8Array;
let certificate: X509Certificate;
beforeAll(async () => {
  cryptoProvider.set(crypto);
  keys = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  spki = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
  certificate = await X509CertificateGenerator.createSelfSigned({
    ...{ keys, name: "CN=pss", signingAlgorithm: { ...algorithm, saltLength: 32 } as never },
    ...{ notBefore: new Date(now), notAfter: new Date(now + 1000), serialNumber: "01" },
  });
});

/** The same key, said to be for RSASSA-PSS only, as certificates of PS256 signers do. */
const pssOnly = (): Uint8Array =>
  der(
    derTag.sequence,
    der(derTag.sequence, derOid("1.2.840.113549.1.1.10")),
    insideDer(readDer(spki)[0], derTag.sequence)[1]!.bytes,
  );

test("a key for RSASSA-PSS only verifies what it signed", async () => {
  const data = new TextEncoder().encode("claim");
  const signature = new Uint8Array(await crypto.subtle.sign({ name: "RSA-PSS", saltLength: 32 }, keys.privateKey, data));
  const leaf = { publicKey: { rawData: pssOnly(), algorithm: {} } } as unknown as X509Certificate;
  const sign1 = { algorithm: -37, chain: [], signature, covers: () => data, timeStamp: undefined };
  expect(await verifySign1(sign1, leaf, data)).toBe(true);
  expect(await verifySign1({ ...sign1, covers: () => Uint8Array.of(1) }, leaf, data)).toBe(false);
  expect(importableKey(spki)).toBe(spki);
});

test("a certificate signed by RSASSA-PSS is its issuer's, and nobody else's", async () => {
  expect(await isSignedBy(certificate, certificate)).toBe(true);
  const other = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const stranger = { publicKey: { rawData: new Uint8Array(await crypto.subtle.exportKey("spki", other.publicKey)) } };
  expect(await isSignedBy(certificate, stranger as unknown as X509Certificate)).toBe(false);
});
