import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { makeIdentity, signerFrom } from "./identity.ts";
import { fromPem } from "./pem.ts";

const now = Date.parse("2026-11-23T00:00:00Z");

test("OpenSSL sees a leaf for signing, issued by the root, valid for years", async () => {
  const id = await makeIdentity({ commonName: "书房 & Co", now });
  const [leaf, root] = [new X509Certificate(id.chainPem), new X509Certificate(id.rootPem)];
  expect(leaf.checkIssued(root)).toBe(true);
  expect(leaf.verify(root.publicKey)).toBe(true);
  expect([root.ca, leaf.ca]).toEqual([true, false]);
  expect(leaf.subject).toContain("CN=书房 & Co");
  expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.4"]);
  expect(Date.parse(leaf.validTo) - now).toBeGreaterThan(365 * 86_400_000);
  expect(Date.parse(leaf.validFrom)).toBeLessThan(now);
});

test("serial numbers come from the injected randomness, else differ by key", async () => {
  const fixed = await makeIdentity({ commonName: "a", now, random: (n) => new Uint8Array(n).fill(7) });
  expect(new X509Certificate(fixed.chainPem).serialNumber).toBe(`47${"07".repeat(15)}`);
  const [a, b] = [await makeIdentity({ commonName: "a", now }), await makeIdentity({ commonName: "a", now })];
  expect(new X509Certificate(a.chainPem).serialNumber).not.toBe(new X509Certificate(b.chainPem).serialNumber);
});

test("the signer signs raw r‖s that the certificate's key verifies", async () => {
  const id = await makeIdentity({ commonName: "a", now });
  const signer = await signerFrom({ chainPem: id.chainPem, privateKeyPem: id.privateKeyPkcs8Pem });
  const data = new TextEncoder().encode("claim");
  const signature = await signer.sign(data);
  expect(signature.length).toBe(64);
  const spki = new X509Certificate(id.chainPem).publicKey.export({ type: "spki", format: "der" });
  const key = await crypto.subtle.importKey("spki", spki, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  expect(await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature as BufferSource, data)).toBe(true);
});

test("what is no key, no certificate or no name is refused in words", async () => {
  const id = await makeIdentity({ commonName: "a", now });
  await expect(signerFrom({ chainPem: "", privateKeyPem: id.privateKeyPkcs8Pem })).rejects.toMatchObject({ code: "bad-file" });
  await expect(signerFrom({ chainPem: id.chainPem, privateKeyPem: id.rootPem })).rejects.toMatchObject({ code: "bad-file" });
  const wrong = id.rootPem.replaceAll("CERTIFICATE", "PRIVATE KEY");
  await expect(signerFrom({ chainPem: id.chainPem, privateKeyPem: wrong })).rejects.toMatchObject({ code: "bad-file" });
  await expect(makeIdentity({ commonName: "", now })).rejects.toMatchObject({ code: "bad-request" });
  await expect(makeIdentity({ commonName: "a\nb", now })).rejects.toMatchObject({ code: "bad-request" });
  expect(fromPem(id.chainPem, "CERTIFICATE")).toHaveLength(1);
});
