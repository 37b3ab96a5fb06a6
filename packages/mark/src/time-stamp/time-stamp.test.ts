import { der, derContext, derTag, insideDer, readDer, utf8 } from "@inkseal/codec";
import { testAuthority } from "@inkseal/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { now, sample } from "../../test/fixtures.ts";
import { trustRoots } from "../c2pa/certificates.ts";
import { timeStampAuthority } from "./authority.ts";
import { checkTimeStamp } from "./check.ts";
import { readToken, tokenOfResponse } from "./token.ts";

const data = utf8("inkseal");
const stamper = (fetch: typeof globalThis.fetch, timeoutMs?: number) =>
  timeStampAuthority({ url: "http://tsa.example/tsr", fetch, ...(timeoutMs !== undefined && { timeoutMs }) });

test("a token of openssl ts -reply (RSA, SHA-256, milliseconds) is read, and trusted under its root alone", async () => {
  const response = sample("openssl.tsr");
  const root = new TextDecoder().decode(sample("openssl-tsa-root.pem"));
  const found = { by: "OpenSSL TSA", time: Date.parse("2026-11-25T17:23:45.945Z") };
  for (const bytes of [response, tokenOfResponse(response)]) {
    expect(await checkTimeStamp(bytes, data, trustRoots(root))).toMatchObject({ code: "timeStamp.trusted", ...found });
    expect(await checkTimeStamp(bytes, data, [])).toMatchObject({ code: "timeStamp.untrusted", ...found });
    expect(await checkTimeStamp(bytes, utf8("another"), trustRoots(root))).toMatchObject({ code: "timeStamp.mismatch" });
  }
});

test("what a client brings home holds, by the authority's root", async () => {
  const tsa = await testAuthority({ time: now });
  const token = await stamper(tsa.fetch).stamp(data);
  expect(await checkTimeStamp(token, data, trustRoots(tsa.rootPem))).toEqual({
    code: "timeStamp.trusted",
    detail: "trusted root Test TSA root",
    by: "Test TSA",
    time: now,
  });
  const other = await testAuthority({ time: now });
  expect(await checkTimeStamp(token, data, trustRoots(other.rootPem))).toMatchObject({
    code: "timeStamp.untrusted",
    by: "Test TSA",
  });
});

test("a certificate for another purpose, or one that was not valid at the time stated, does not count", async () => {
  const purpose = await testAuthority({ time: now, purpose: "1.3.6.1.5.5.7.3.4" });
  const wrong = await stamper(purpose.fetch).stamp(data);
  expect(await checkTimeStamp(wrong, data, trustRoots(purpose.rootPem))).toMatchObject({
    code: "timeStamp.untrusted",
    detail: "the authority's certificate is for another purpose",
  });
  const expired = await testAuthority({ time: now, validity: [now - 2000, now - 1000] });
  await expect(stamper(expired.fetch).stamp(data)).rejects.toMatchObject({ code: "upstream-invalid" });
});

test("no changed byte of a token passes as trusted with another time or authority, and none throws", async () => {
  const tsa = await testAuthority({ time: now });
  const good = await stamper(tsa.fetch).stamp(data);
  const roots = trustRoots(tsa.rootPem);
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const bad = good.slice();
      bad[at] = bad[at]! ^ flip;
      const verdict = await checkTimeStamp(bad, data, roots);
      // version numbers, parameters of algorithms and the issuer's spelling are not signed; time and authority are
      if (verdict.code === "timeStamp.trusted") expect(verdict).toMatchObject({ time: now, by: "Test TSA" });
      expect((await checkTimeStamp(good.slice(0, at), data, roots)).code).toBe("timeStamp.malformed");
    }),
    { numRuns: 200 },
  );
  await fc.assert(fc.asyncProperty(fc.uint8Array(), async (junk) => void (await checkTimeStamp(junk, data, roots))));
});

test("signed attributes of another token, or a second value of one, are refused", async () => {
  const tsa = await testAuthority({ time: now });
  const token = readToken(await stamper(tsa.fetch).stamp(data));
  expect(token.certificates).toHaveLength(1);
  const later = await testAuthority({ time: now + 60_000 });
  const other = readToken(await stamper(later.fetch).stamp(data));
  // another TSTInfo under the first one's signature
  const bytes = Buffer.from(token.bytes);
  bytes.set(other.info, bytes.indexOf(token.info));
  expect(await checkTimeStamp(new Uint8Array(bytes), data, trustRoots(tsa.rootPem))).toMatchObject({
    code: "timeStamp.mismatch",
    detail: "its signed attributes are of another token",
  });
  const nested = der(derTag.sequence, der(derTag.sequence, Uint8Array.of(2, 1, 0)), der(derTag.sequence, token.bytes));
  expect(() => readToken(nested)).toThrow(expect.objectContaining({ code: "bad-file" }));
  expect(insideDer(readDer(der(derContext(0), token.bytes))[0], derContext(0))).toHaveLength(1);
});

test("an authority that fails says how: refusal, status, redirect, silence, nonsense, too much", async () => {
  const answering = (body: BodyInit | null, init?: ResponseInit) => (async () => new Response(body, init)) as typeof fetch;
  const code = (fetch: typeof globalThis.fetch, ms?: number) =>
    stamper(fetch, ms)
      .stamp(data)
      .then(
        () => "granted",
        (error: { code: string }) => error.code,
      );
  const refusal = der(derTag.sequence, der(derTag.sequence, Uint8Array.of(2, 1, 2)));
  expect(await code(answering(refusal as BodyInit))).toBe("upstream-rejected");
  expect(await code(answering("no", { status: 503 }))).toBe("upstream-error");
  expect(await code(answering(null, { status: 302, headers: { location: "http://169.254.169.254/" } }))).toBe("upstream-error");
  expect(await code(answering("<html>"))).toBe("upstream-invalid");
  expect(await code(answering(new Uint8Array(70_000)))).toBe("upstream-invalid");
  expect(await code(async () => Promise.reject(new TypeError("fetch failed")))).toBe("upstream-error");
  const silent = ((_, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    })) as typeof fetch;
  expect(await code(silent, 1)).toBe("upstream-timeout");
  // a token over something else, such as an old one
  const tsa = await testAuthority({ time: now });
  const old = await stamper(tsa.fetch).stamp(utf8("before"));
  const replay = der(derTag.sequence, der(derTag.sequence, Uint8Array.of(2, 1, 0)), old);
  expect(await code(answering(replay as BodyInit))).toBe("upstream-invalid");
});

test("only addresses that can be asked", () => {
  for (const url of ["file:///etc/passwd", "tsa.example", "https://me:secret@tsa.example/", "ftp://tsa.example/", ""])
    expect(() => timeStampAuthority({ url, fetch })).toThrow(expect.objectContaining({ code: "bad-request" }));
  expect(() => timeStampAuthority({ url: "http://127.0.0.1:3161/", fetch })).not.toThrow();
});
