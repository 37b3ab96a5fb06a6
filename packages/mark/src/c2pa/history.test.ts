import { Reader } from "@contentauth/c2pa-node";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { cleared, identity, now, picture, provenance, withMarks } from "../../test/fixtures.ts";
import { scene } from "../../test/scene.ts";
import { createMarker, type Marker, methods } from "../index.ts";
import { containers } from "./container.ts";

let marker: Marker;
let rootPem: string;
let file: Uint8Array;
const quiet = withMarks({ image: "none" });
beforeAll(async () => {
  const id = await identity();
  rootPem = id.rootPem;
  marker = createMarker({ producer: { code: "INKSEAL" }, signer: id.signer, trust: rootPem, now: () => now });
  const { width, height, data } = scene(160, 120, 1);
  file = new Uint8Array(
    await sharp(data, { raw: { width, height, channels: 4 } })
      .png()
      .toBuffer(),
  );
});
const again = (bytes: Uint8Array, n: number) =>
  marker.seal(cleared("image/png", bytes), quiet, {
    ...provenance,
    run: `run_${n}`,
    artifact: `art_${n}`,
    source: "composite",
  });
const storeOf = (bytes: Uint8Array) => containers["image/png"]!.extract(bytes)!.store;

test("the manifest names the fingerprint as its soft binding, and c2pa-rs accepts it", async () => {
  const { bytes, trace } = await again(file, 1);
  const reader = await Reader.fromAsset({ buffer: Buffer.from(bytes), mimeType: "image/png" }, {
    trust: { trust_anchors: rootPem },
    verify: { verify_trust: true },
  } as never);
  const report = reader!.json() as unknown as {
    validation_state: string;
    active_manifest: string;
    manifests: Record<string, { assertions: { label: string; data: { alg: string; blocks: unknown[] } }[] }>;
  };
  expect(report.validation_state).toBe("Trusted");
  expect(trace?.manifest?.id).toBe(report.active_manifest);
  const [print] = trace!.prints;
  const named = report.manifests[report.active_manifest]!.assertions.find((a) => a.label === "c2pa.soft-binding")!;
  expect(named.data).toMatchObject({ alg: "org.inkseal.pdq.1", blocks: [{ scope: {} }] });
  expect(methods[print!.alg]!.probe(print!.value)!.distance(print!.value)).toBe(0);
  expect(print!.keys.length).toBe(12);
});

test("three edits are three proven steps, the newest first; a changed byte unproves it and all before", async () => {
  const first = await again(file, 1);
  const second = await again(first.bytes, 2);
  const third = await again(second.bytes, 3);
  const { history } = await marker.read(third.bytes);
  expect(history?.gap).toBe(false);
  expect(history?.steps.map((s) => [s.run, s.actions, s.proven])).toEqual([
    ["run_3", ["c2pa.opened", "c2pa.edited"], true],
    ["run_2", ["c2pa.opened", "c2pa.edited"], true],
    ["run_1", ["c2pa.created"], true],
  ]);
  const store = storeOf(third.bytes).slice();
  const at = Buffer.from(store).lastIndexOf("run_2");
  store[at + 4] = 0x39;
  expect((await marker.history(store)).steps.map((s) => s.proven)).toEqual([true, false, false]);
});

test("an earlier version whose manifest is gone is a gap; a file without a manifest has no history", async () => {
  const second = await again((await again(file, 1)).bytes, 2);
  const store = storeOf(second.bytes).slice();
  const label = (await marker.history(store)).steps[1]!.manifest;
  // the box gets another name, so that the ingredient's is missing
  store[Buffer.from(store).indexOf(label) + 10] = 0x7a;
  const history = await marker.history(store);
  expect(history.gap).toBe(true);
  expect(history.steps).toHaveLength(1);
  expect((await marker.read(await picture(64, 64).png().toBuffer())).history).toBeUndefined();
});
