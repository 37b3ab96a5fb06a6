import { createRequire } from "node:module";
import { Builder, LocalSigner, Reader } from "@contentauth/c2pa-node";
import { fromLatin1 } from "@inkseal/codec";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { carriers, cleared, identity, now, policy, provenance, sampleFiles, withMarks } from "../../test/fixtures.ts";
import type { Signer } from "../contract.ts";
import { createMarker, makeIdentity, signerFrom } from "../index.ts";
import { version } from "../version.ts";
import { trustRoots } from "./certificates.ts";
import { containers } from "./container.ts";
import { validate } from "./validate.ts";
import { signFile } from "./write.ts";

let id: Awaited<ReturnType<typeof identity>>;
let files: [mediaType: string, bytes: Uint8Array][];
const signed = new Map<string, Uint8Array>();
beforeAll(async () => {
  id = await identity();
  files = await sampleFiles();
  for (const { type, bytes } of signable) signed.set(type, await signFile(bytes, containers[type]!, provenance, id.signer));
});

const signable = (await carriers()).filter((c) => c.layers.includes("c2pa"));
const types = signable.filter((c) => c.alone === undefined).map((c) => c.type);
/** A byte of content: in the middle of what stands before or behind the manifest, whichever is longer. */
function contentAt(type: string, file: Uint8Array): number {
  const { start, length } = containers[type]!.extract(file)!.place;
  const behind = file.length - start - length;
  return behind > start ? file.length - 20 : Math.floor(start / 2);
}
const ours = (type: string, bytes: Uint8Array, roots = id.rootPem, at = now) =>
  validate(bytes, containers[type]!, { roots: trustRoots(roots), now: () => at });

/** What c2pa-rs, the reference implementation, says. */
async function theirs(type: string, bytes: Uint8Array, roots = id.rootPem) {
  const settings = { trust: { trust_anchors: roots }, verify: { verify_trust: true } };
  const reader = await Reader.fromAsset({ buffer: Buffer.from(bytes), mimeType: type }, settings as never);
  return reader!.json() as unknown as {
    validation_state: string;
    active_manifest: string;
    validation_results: { activeManifest: { failure: { code: string }[] } };
    manifests: Record<
      string,
      { assertions: { label: string; data: unknown }[]; claim_generator_info: unknown[]; claim_version: number }
    >;
  };
}

/** Status codes of the hard binding that a container uses. */
const hashOf = (type: string) => {
  const label = containers[type]!.binding?.label ?? "";
  if (label.startsWith("c2pa.hash.bmff")) return "assertion.bmffHash";
  return label.startsWith("c2pa.hash.collection") ? "assertion.collectionHash" : "assertion.dataHash";
};
const quiet = withMarks({ image: "none", audio: "none", text: "none" });

test("the version in the claim is the package's", () =>
  expect(createRequire(import.meta.url)("../../package.json").version).toBe(version));

describe.each(types)("%s", (type) => {
  test("c2pa-rs trusts what we sign and reads our assertions", async () => {
    const report = await theirs(type, signed.get(type)!);
    expect(report.validation_results.activeManifest.failure).toEqual([]);
    expect(report.validation_state).toBe("Trusted");
    const manifest = report.manifests[report.active_manifest]!;
    expect(manifest.claim_version).toBe(2);
    expect(manifest.claim_generator_info[0]).toMatchObject({ name: "Inkseal", version });
    const data = (label: string) => manifest.assertions.find((a) => a.label === label)?.data;
    expect(data("c2pa.actions.v2")).toMatchObject({
      actions: [
        {
          action: "c2pa.created",
          digitalSourceType: "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
          softwareAgent: { name: "espeak/cmn" },
        },
      ],
    });
    expect(data("org.inkseal.run")).toMatchObject({ run: provenance.run, artifact: provenance.artifact });
  });

  test("with another root c2pa-rs and we agree: valid, not trusted", async () => {
    const other = await makeIdentity({ commonName: "other", now });
    expect((await theirs(type, signed.get(type)!, other.rootPem)).validation_state).toBe("Valid");
    expect(await ours(type, signed.get(type)!, other.rootPem)).toMatchObject({
      status: "untrusted",
      detail: expect.stringContaining("signingCredential.untrusted"),
      data: { run: provenance.run },
    });
    expect(await ours(type, signed.get(type)!, "")).toMatchObject({ status: "untrusted" });
  });

  test("a changed byte of content is Invalid to c2pa-rs and to us", async () => {
    const bad = signed.get(type)!.slice();
    const at = contentAt(type, bad);
    bad[at] = bad[at]! ^ 1;
    const report = await theirs(type, bad);
    expect(report.validation_state).toBe("Invalid");
    expect(report.validation_results.activeManifest.failure.map((f) => f.code)).toContain(`${hashOf(type)}.mismatch`);
    expect(await ours(type, bad)).toMatchObject({
      status: "invalid",
      detail: expect.stringContaining(`${hashOf(type)}.mismatch`),
    });
  });

  test("a manifest that came with the input stays, and c2pa-rs follows the chain from one to the other", async () => {
    const marker = createMarker({ producer: { code: "X" }, signer: id.signer, trust: id.rootPem, now: () => now });
    const input = cleared(type, signed.get(type)!);
    // the label changes the content, so the old manifest no longer fits it; as an ingredient it does not have to
    const { bytes, marks } = await marker.seal(input, policy, { ...provenance, run: "run_2", source: "composite" });
    expect(marks.at(-1)).toEqual({ layer: "c2pa", method: "c2pa.2", data: { parent: true } });
    expect(await ours(type, bytes)).toMatchObject({
      status: "valid",
      data: { run: "run_2", manifests: 2, codes: expect.arrayContaining(["ingredient.manifest.validated"]) },
    });
    const report = await theirs(type, bytes);
    expect(report.validation_results.activeManifest.failure).toEqual([]);
    expect(report.validation_state).toBe("Trusted");
    expect(Object.keys(report.manifests)).toHaveLength(2);
    const [old, fresh] = [containers[type]!.extract(signed.get(type)!)!.store, containers[type]!.extract(bytes)!.store];
    expect(fromLatin1(fresh)).toContain(fromLatin1(old.subarray(60)));
    // a change inside the parent is seen through the ingredient's hash
    const bad = fresh.slice();
    const at = fromLatin1(bad).indexOf(provenance.run);
    bad[at] = bad[at]! ^ 1;
    expect(await ours(type, containers[type]!.embed(bytes, bad).file)).toMatchObject({
      status: "invalid",
      detail: expect.stringContaining("ingredient.manifest.mismatch"),
    });
  });

  test("a store that cannot be read is replaced", async () => {
    const broken = containers[type]!.embed(files.find(([t]) => t === type)![1], new Uint8Array(20).fill(99)).file;
    const marker = createMarker({ producer: { code: "X" }, signer: id.signer, trust: id.rootPem, now: () => now });
    const { bytes } = await marker.seal(cleared(type, broken), policy, provenance);
    if (type !== "image/jpeg") expect((await ours(type, broken)).status).toBe("invalid");
    expect(await ours(type, bytes)).toMatchObject({ status: "valid", data: { manifests: 1 } });
    expect((await theirs(type, bytes)).validation_state).toBe("Trusted");
  });

  test("a manifest moved to other content is invalid", async () => {
    const container = containers[type]!;
    const other = (await sampleFiles()).find(([t]) => t === type)![1].slice();
    other[other.length - 30] = other[other.length - 30]! ^ 4;
    const forged = container.embed(other, container.extract(signed.get(type)!)!.store).file;
    expect((await ours(type, forged)).status).toBe("invalid");
    expect((await theirs(type, forged)).validation_state).toBe("Invalid");
  });

  test.skipIf(type === "application/pdf")("we read what c2pa-rs writes, trusted and tampered", async () => {
    const builder = Builder.withJson(
      {
        claim_generator_info: [{ name: "other", version: "1" }],
        format: type,
        assertions: [
          {
            label: "c2pa.actions.v2",
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
    const key = Buffer.from(id.privateKeyPkcs8Pem);
    const signer = LocalSigner.newSigner(Buffer.from(id.chainPem + id.rootPem), key, "es256");
    const out = { buffer: null as Buffer | null };
    builder.sign(signer, { buffer: Buffer.from(files.find(([t]) => t === type)![1]), mimeType: type }, out as never);
    const foreign = new Uint8Array(out.buffer!);
    expect(await ours(type, foreign)).toMatchObject({
      status: "valid",
      data: { digitalSourceType: expect.stringContaining("algorithmicMedia"), generator: expect.stringContaining("other") },
    });
    const at = contentAt(type, foreign);
    foreign[at] = foreign[at]! ^ 1;
    expect((await ours(type, foreign)).status).toBe("invalid");
  });
});

describe.each(signable.map((c) => c.type))("%s, by our own reading", (type) => {
  test("we find our own manifest valid and name its run, artifact and engine", async () => {
    expect(await ours(type, signed.get(type)!)).toMatchObject({
      status: "valid",
      method: "c2pa.2",
      data: {
        run: provenance.run,
        artifact: provenance.artifact,
        generator: `Inkseal ${version}`,
        softwareAgent: "espeak/cmn",
        when: provenance.at,
        codes: expect.arrayContaining([`${hashOf(type)}.match`, "claimSignature.validated", "signingCredential.trusted"]),
      },
    });
  });

  test("no change of a byte of content stays valid, and none inside the manifest changes what it says", async () => {
    const good = signed.get(type)!;
    const { start, length } = containers[type]!.extract(good)!.place;
    const { data } = await ours(type, good);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bad = good.slice();
        bad[at] = bad[at]! ^ flip;
        const verdict = await ours(type, bad);
        if (verdict.status !== "valid") return;
        // what is left out of the hash: wrapping of the boxes (segment numbers, CRC), nothing that is signed; brands of `ftyp`
        if (containers[type]!.binding?.label !== "c2pa.hash.bmff.v3" || at >= 32)
          expect([at >= start, at < start + length]).toEqual([true, true]);
        expect(verdict.data).toEqual(data);
      }),
      { numRuns: 60 },
    );
  });

  test("cut anywhere, the verdict is a verdict", async () => {
    const good = signed.get(type)!;
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), async (cut) => {
        expect((await ours(type, good.slice(0, cut))).status).not.toBe("valid");
      }),
      { numRuns: 30 },
    );
  });

  test("bytes without a manifest: absent", async () => {
    expect(await ours(type, files.find(([t]) => t === type)![1])).toMatchObject({ status: "absent" });
  });

  test("a manifest that came with the input stays, as the parent", async () => {
    const marker = createMarker({ producer: { code: "X" }, signer: id.signer, trust: id.rootPem, now: () => now });
    const { bytes } = await marker.seal(cleared(type, signed.get(type)!), quiet, { ...provenance, artifact: "art_2" });
    expect(await ours(type, bytes)).toMatchObject({ status: "valid", data: { manifests: 2, artifact: "art_2" } });
  });
});

test("a certificate that has run out, or is not yet valid, is untrusted and says so", async () => {
  for (const at of [now - 86_400_000, now + 6 * 365 * 86_400_000]) {
    expect(await ours("image/png", signed.get("image/png")!, id.rootPem, at)).toMatchObject({
      status: "untrusted",
      detail: expect.stringContaining("signingCredential.expired"),
    });
  }
  const marker = createMarker({ producer: { code: "X" }, trust: id.rootPem });
  const { layers } = await marker.read(signed.get("image/png")!);
  expect(layers.find((l) => l.layer === "c2pa")?.status).toBe("valid");
});

test("a signature by another key than the certificate's is a mismatch, to c2pa-rs too", async () => {
  const other = await makeIdentity({ commonName: "thief", now });
  const thief: Signer = {
    certificates: id.chainPem,
    sign: (await signerFrom({ chainPem: other.chainPem, privateKeyPem: other.privateKeyPkcs8Pem })).sign,
  };
  const forged = await signFile(files[0]![1], containers["image/png"]!, provenance, thief);
  expect(await ours("image/png", forged)).toMatchObject({
    status: "invalid",
    detail: expect.stringContaining("claimSignature.mismatch"),
  });
  expect((await theirs("image/png", forged)).validation_state).toBe("Invalid");
});

test("a root that signs claims itself is refused (profile of 14.5.1)", async () => {
  const root = { ...id, certificates: id.rootPem, sign: id.signer.sign };
  const file = await signFile(files[0]![1], containers["image/png"]!, provenance, root);
  expect((await ours("image/png", file)).status).toBe("invalid");
});
