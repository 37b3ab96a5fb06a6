import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { der, hexOf, latin1, utf8 } from "@inkseal/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleared, policy, provenance, sampleFiles } from "../../test/fixtures.ts";
import { createMarker } from "../index.ts";
import { parseAigc, producedField } from "./field.ts";
import { readSecurityData, withSecurityData } from "./security-data.ts";
import { sm2FromDer, sm2KeyFromPem, sm2Points, sm2PublicKey, sm2Sign, sm2Verify } from "./sm2.ts";
import { sm3 } from "./sm3.ts";

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const key = new Uint8Array(32).fill(7);
const own = hexOf(sm2PublicKey(key));
const field = withSecurityData(producedField("001191440300708461136T1XGW3", "art_1", "run_1"), key);

test("SM3: the examples of GB/T 32905-2016, and what is longer than a block", () => {
  expect(hexOf(sm3(utf8("abc")))).toBe("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  expect(hexOf(sm3(utf8("abcd".repeat(16))))).toBe("debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
});

test("SM2: the example of GB/T 32918.5-2017, A.2", () => {
  const d = bytes("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8");
  expect(hexOf(sm2PublicKey(d))).toBe(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13",
  );
  // the example's k, less what drawing adds to it
  const k = 0x59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21n - 1n;
  const signature = sm2Sign(latin1("message digest"), d, () => bytes(k.toString(16).padStart(96, "0")));
  expect(hexOf(signature)).toBe(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa",
  );
  expect(sm2Verify(latin1("message digest"), signature, sm2PublicKey(d))).toBe(true);
});

test("a field is signed in the charset of Annex E, and what was changed since is told", () => {
  const text = JSON.stringify(field);
  expect(parseAigc(text)?.faults).toEqual([]);
  expect(readSecurityData(field)).toEqual({ status: "valid", key: own });
  for (const change of [{ Label: "2" }, { ContentProducer: "X" }, { ProduceID: "art_2" }])
    expect(readSecurityData({ ...field, ...change })).toEqual({ status: "invalid" });
  expect(readSecurityData({ ...field, ContentPropagator: "P", PropagateID: "1" })?.status).toBe("valid");
  expect(readSecurityData(producedField("X", "art_1", "run_1"))).toBeUndefined();
});

test("other spellings: DER, SPKI, a bare x, a digest signed as the message, types that are not read", () => {
  const { SecurityData } = JSON.parse(field.ReservedCode1);
  const spelt = (signature: Uint8Array, keyValue: string, type = "LabelMataData") => ({
    ...field,
    ReservedCode1: JSON.stringify({
      SecurityData: {
        Type: "TC260PG",
        PubSd: [
          { ...SecurityData.PubSD[0], KeyID: undefined, TBSData: { Type: type }, Signature: hexOf(signature) },
          { ...SecurityData.PubSD[1], KeyValue: keyValue },
        ],
      },
    }),
  });
  const message = latin1(`"Label":"1","ContentProducer":"${field.ContentProducer}","ProduceID":"art_1"`);
  const raw = bytes(SecurityData.PubSD[0].Signature);
  const integer = (part: Uint8Array): Uint8Array => der(2, Uint8Array.of(0), part);
  const asDer = der(0x30, integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
  expect(sm2FromDer(asDer)).toEqual(raw);
  const spki = `3059301306072a8648ce3d020106082a811ccf5501822d034200${own}`;
  for (const said of [
    spelt(asDer, spki),
    spelt(raw, own.slice(2)),
    spelt(raw, own.slice(2, 66)),
    spelt(raw, `00${own.slice(2, 66)}`),
  ])
    expect(readSecurityData(said)).toEqual({ status: "valid", key: own });
  expect(readSecurityData(spelt(sm2Sign(sm3(message), key), own))?.status).toBe("valid");
  expect(readSecurityData(spelt(raw, own, "Bnd"))?.status).toBe("unsupported");
  expect(readSecurityData(spelt(raw, "04".repeat(65)))?.status).toBe("invalid");
});

test("any text and any bytes give an answer", () => {
  fc.assert(fc.property(fc.json(), (text) => void readSecurityData({ ReservedCode1: text })));
  const entry = fc.record({
    Type: fc.constantFrom("DS", "PubKey"),
    AlgID: fc.constant("1.2.156.10197.1.501"),
    TBSData: fc.anything(),
    Signature: fc.anything(),
    KeyValue: fc.anything(),
  });
  fc.assert(
    fc.property(fc.array(entry), (PubSD) => {
      expect(
        readSecurityData({ ReservedCode1: JSON.stringify({ SecurityData: { Type: "TC260PG", PubSD } }) })?.status,
      ).not.toBe("valid");
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 70 }), (value) => void sm2Points(value)));
});

test("each container carries a signed field whole, and verify says whose key it is", async () => {
  const marker = createMarker({ producer: { code: "X" }, labelKey: key, labelTrust: [own] });
  const stranger = createMarker({ producer: { code: "X" } });
  let carried = 0;
  for (const [type, file] of await sampleFiles()) {
    const artifact = await marker.seal(cleared(type, file), policy, provenance);
    if (!artifact.marks.some((m) => m.layer === "aigc")) continue;
    carried++;
    const layer = async (by: typeof marker) => (await by.read(artifact.bytes)).layers.find((l) => l.layer === "aigc");
    expect([type, await layer(marker)]).toMatchObject([
      type,
      { status: "valid", data: { signature: { status: "valid", key: own } } },
    ]);
    expect((await layer(marker))?.detail).toMatch(/signed \(SM2\) with a trusted key$/);
    expect((await layer(stranger))?.detail).toMatch(/it says not whose$/);
    expect((await marker.read(artifact.bytes)).artifact).toBe(provenance.artifact);
  }
  expect(carried).toBeGreaterThan(15);
});

const openssl = spawnSync("openssl", ["version"]).stdout?.toString().startsWith("OpenSSL 3") ?? false;
describe.skipIf(!openssl)("with OpenSSL 3 (skipped where it is not on the path)", () => {
  test("it verifies what is signed here, and its keys and signatures are read here", () => {
    const folder = mkdtempSync(join(tmpdir(), "inkseal-sm2-"));
    const at = (name: string): string => join(folder, name);
    const run = (...args: string[]): Buffer => execFileSync("openssl", args, { stdio: ["ignore", "pipe", "ignore"] });
    try {
      run("genpkey", "-algorithm", "SM2", "-out", at("key.pem"));
      run("pkey", "-in", at("key.pem"), "-pubout", "-out", at("public.pem"));
      run("ecparam", "-name", "SM2", "-genkey", "-out", at("sec1.pem"));
      expect(sm2KeyFromPem(readFileSync(at("sec1.pem"), "utf8"))).toHaveLength(32);
      const secret = sm2KeyFromPem(readFileSync(at("key.pem"), "utf8"));
      const message = latin1('"Label":"1","ContentProducer":"X","ProduceID":"Y"');
      writeFileSync(at("message"), message);
      const signature = sm2Sign(message, secret);
      const unsigned = (part: Uint8Array): Uint8Array => der(2, part[0]! > 127 ? Uint8Array.of(0) : new Uint8Array(), part);
      const trimmed = (part: Uint8Array): Uint8Array => part.subarray(part.findIndex((b) => b !== 0));
      const parts = [signature.subarray(0, 32), signature.subarray(32)].map((part) => unsigned(trimmed(part)));
      writeFileSync(at("signature"), der(0x30, ...parts));
      const asked = ["-rawin", "-digest", "sm3", "-in", at("message"), "-pkeyopt", "distid:1234567812345678"];
      const said = run("pkeyutl", "-verify", "-pubin", "-inkey", at("public.pem"), "-sigfile", at("signature"), ...asked);
      expect(said.toString()).toContain("Verified Successfully");
      const theirs = new Uint8Array(run("pkeyutl", "-sign", "-inkey", at("key.pem"), ...asked));
      expect(sm2Verify(message, sm2FromDer(theirs), sm2PublicKey(secret))).toBe(true);
      run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", at("other.pem"));
      expect(() => sm2KeyFromPem(readFileSync(at("other.pem"), "utf8"))).toThrowError(
        expect.objectContaining({ code: "bad-request" }),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test("what is no key is refused", () => {
  for (const pem of ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
    expect(() => sm2KeyFromPem(pem)).toThrowError(expect.objectContaining({ code: "bad-request" }));
  for (const bad of [new Uint8Array(32), new Uint8Array(32).fill(255), key.subarray(1)])
    expect(() => sm2PublicKey(bad)).toThrow(RangeError);
});
