import { Builder, CallbackSigner, Reader } from "@contentauth/c2pa-node";
import { type TestAuthority, testAuthority } from "@inkseal/testkit";
import { beforeAll, describe, expect, test } from "vitest";
import { carriers, cleared, identity, now, policy, provenance } from "../../test/fixtures.ts";
import { createMarker, type MarkerOptions, timeStampAuthority } from "../index.ts";
import { containers } from "./container.ts";

const signable = (await carriers()).filter((c) => c.layers.includes("c2pa"));
const year = 365 * 86_400_000;
let id: Awaited<ReturnType<typeof identity>>;
let tsa: TestAuthority;
beforeAll(async () => {
  id = await identity();
  tsa = await testAuthority({ time: now });
});
const house = (options: Partial<MarkerOptions> = {}) =>
  createMarker({
    ...{ producer: { code: "X" }, signer: id.signer, trust: id.rootPem, now: () => now },
    timeStamper: timeStampAuthority({ url: "http://tsa.example/", fetch: tsa.fetch }),
    timeStampTrust: tsa.rootPem,
    ...options,
  });
const c2paOf = async (bytes: Uint8Array, options?: Partial<MarkerOptions>) =>
  (await house(options).read(bytes)).layers.find((l) => l.layer === "c2pa");

async function theirs(type: string, bytes: Uint8Array) {
  const settings = { trust: { trust_anchors: id.rootPem + tsa.rootPem }, verify: { verify_trust: true } };
  const reader = await Reader.fromAsset({ buffer: Buffer.from(bytes), mimeType: type }, settings as never);
  return reader!.json() as unknown as {
    validation_state: string;
    active_manifest: string;
    validation_results: { activeManifest: Record<"success" | "informational" | "failure", { code: string }[]> };
    manifests: Record<string, { signature_info: { time?: string } }>;
  };
}

describe.each(signable)("$type", ({ type, bytes, alone }) => {
  test("sealed with a time-stamp, which counts when the certificate has long run out", async () => {
    const artifact = await house().seal(cleared(type, bytes), policy, provenance);
    expect(artifact.warnings?.filter((warning) => warning.startsWith("C2PA")) ?? []).toEqual([]);
    expect(artifact.marks.at(-1)).toEqual({ layer: "c2pa", method: "c2pa.2", data: { timeStamp: true } });
    const stamp = { status: "valid", code: "timeStamp.trusted", at: "2026-11-23T12:00:00.000Z", by: "Test TSA" };
    const later = { now: () => now + 9 * year };
    expect(await c2paOf(artifact.bytes, later)).toMatchObject({
      status: "valid",
      detail: expect.stringContaining("time-stamped 2026-11-23T12:00:00.000Z by Test TSA"),
      data: { timeStamp: stamp, codes: expect.arrayContaining(["timeStamp.validated", "timeStamp.trusted"]) },
    });
    // an authority that is not on the list is named, and its time does not count
    const untrusted = { status: "untrusted", code: "timeStamp.untrusted", by: "Test TSA" };
    expect(await c2paOf(artifact.bytes, { timeStampTrust: "" })).toMatchObject({
      status: "valid",
      detail: expect.stringContaining("does not count: timeStamp.untrusted"),
      data: { timeStamp: untrusted },
    });
    expect(await c2paOf(artifact.bytes, { ...later, timeStampTrust: "" })).toMatchObject({
      status: "untrusted",
      detail: expect.stringContaining("signingCredential.expired"),
    });
    if (alone) return;
    const report = await theirs(type, artifact.bytes);
    expect(report.validation_state).toBe("Trusted");
    const { success, informational, failure } = report.validation_results.activeManifest;
    expect(failure).toEqual([]);
    expect(success.map((s) => s.code)).toEqual(expect.arrayContaining(["timeStamp.validated", "timeStamp.trusted"]));
    expect(informational).toEqual([]);
    expect(report.manifests[report.active_manifest]?.signature_info.time).toBe("2026-11-23T12:00:00+00:00");
  });
});

const png = () => signable[0]!.bytes;

test("room is made for the authority's tokens: a long one is asked for again, the next fits at once", async () => {
  const long = await testAuthority({ time: now, bulk: 12_000 });
  const marker = house({ timeStamper: timeStampAuthority({ url: "http://tsa.example/", fetch: long.fetch }) });
  const first = await marker.seal(cleared("image/png", png()), policy, provenance);
  expect([first.warnings, long.asked.length]).toEqual([undefined, 2]);
  const second = await marker.seal(cleared("image/png", png()), policy, provenance);
  expect([second.warnings, long.asked.length]).toEqual([undefined, 3]);
  expect(await c2paOf(second.bytes, { timeStampTrust: long.rootPem })).toMatchObject({
    data: { timeStamp: { status: "valid" } },
  });
});

test("a failing authority does not fail the seal: the manifest goes without, with a warning", async () => {
  const failing = async () => new Response("busy", { status: 503 });
  const marker = house({ timeStamper: timeStampAuthority({ url: "http://tsa.example/", fetch: failing }) });
  const artifact = await marker.seal(cleared("image/png", png()), policy, provenance);
  expect(artifact.warnings).toEqual(["C2PA without a time-stamp: the time-stamping authority answered 503"]);
  expect(artifact.marks.at(-1)).toEqual({ layer: "c2pa", method: "c2pa.2" });
  const layer = await c2paOf(artifact.bytes);
  expect([layer?.status, layer?.data.timeStamp]).toEqual(["valid", undefined]);
  const { validation_state } = await theirs("image/png", artifact.bytes);
  expect(validation_state).toBe("Trusted");
});

test("a spoiled time-stamp is as good as none: it stands outside of what is signed", async () => {
  const { bytes } = await house().seal(cleared("image/png", png()), policy, provenance);
  const container = containers["image/png"]!;
  const { store } = container.extract(bytes)!;
  const at = Buffer.from(store).indexOf("Test TSA", Buffer.from(store).indexOf("sigTst2"));
  const spoiled = store.slice();
  spoiled[at] = spoiled[at]! ^ 1;
  expect(await c2paOf(container.embed(bytes, spoiled).file)).toMatchObject({
    status: "valid",
    detail: expect.stringContaining("does not count: timeStamp.mismatch"),
    data: { timeStamp: { status: "invalid" } },
  });
});

test.each([1, 2])("time-stamps of c2pa-rs are read, in claims of version %i", async (version) => {
  const served = await tsa.serve();
  try {
    const builder = Builder.withJson(
      {
        claim_version: version,
        claim_generator_info: [{ name: "other", version: "1" }],
        format: "image/png",
        assertions: [
          {
            label: version === 1 ? "c2pa.actions" : "c2pa.actions.v2",
            data: {
              actions: [
                {
                  action: "c2pa.created",
                  digitalSourceType: "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
                },
              ],
            },
          },
        ],
      } as never,
      { builder: { thumbnail: { enabled: false } } } as never,
    );
    const certs = [Buffer.from(id.chainPem), Buffer.from(id.rootPem)];
    const config = { alg: "es256", certs, reserveSize: 20_000, tsaUrl: served.url, directCoseHandling: false };
    // it asks in another thread: this one has to answer as the authority
    const signer = CallbackSigner.newSigner(config as never, async (data) => Buffer.from(await id.signer.sign(data)));
    const out = { buffer: null as Buffer | null };
    await builder.signAsync(signer, { buffer: Buffer.from(png()), mimeType: "image/png" }, out as never);
    const layer = await c2paOf(new Uint8Array(out.buffer!));
    expect(layer).toMatchObject({
      status: "valid",
      method: `c2pa.${version}`,
      data: { timeStamp: { status: "valid", code: "timeStamp.trusted", by: "Test TSA" } },
    });
  } finally {
    await served.close();
  }
});
