import { Reader } from "@contentauth/c2pa-node";
import { type Cbor, encodeCbor, isoBox, jumbfBox } from "@inkseal/codec";
import { dataHash } from "../src/c2pa/bindings/data.ts";
import { pngContainer } from "../src/c2pa/containers/png.ts";
import { signClaim } from "../src/c2pa/cose.ts";
import { hashPayload } from "../src/c2pa/hashes.ts";
import { labels, uuids } from "../src/c2pa/names.ts";
import type { Signer } from "../src/contract.ts";

/** Manifests of any shape, for what no writer here makes: updates, redactions, faults. */
export interface Made {
  readonly label: string;
  readonly bytes: Uint8Array;
}

export const uri = (label: string, assertion?: string): string =>
  `self#jumbf=/c2pa/${label}${assertion === undefined ? "" : `/${labels.assertions}/${assertion}`}`;

/** `hidden` names assertions that the claim lists and the store lacks. */
export async function manifest(
  signer: Signer,
  label: string,
  assertions: readonly (readonly [label: string, value: Cbor])[],
  options: {
    readonly update?: boolean;
    readonly claim?: Readonly<Record<string, Cbor>>;
    readonly hidden?: readonly string[];
  } = {},
): Promise<Made> {
  const boxes = assertions.map(([name, value]) => ({
    name,
    box: jumbfBox(uuids.cbor, name, [isoBox("cbor", encodeCbor(value))]),
  }));
  const claim = encodeCbor({
    instanceID: `xmp:iid:${label}`,
    claim_generator_info: { name: "other", version: "1" },
    signature: `${uri(label)}/${labels.signature}`,
    created_assertions: boxes.map(({ name, box }) => ({
      url: `self#jumbf=${labels.assertions}/${name}`,
      hash: hashPayload(box.subarray(8)),
    })),
    alg: "sha256",
    ...options.claim,
  });
  const kept = boxes.filter(({ name }) => !options.hidden?.includes(name)).map(({ box }) => box);
  const bytes = jumbfBox(options.update ? uuids.update : uuids.manifest, label, [
    jumbfBox(uuids.assertions, labels.assertions, kept),
    jumbfBox(uuids.claim, labels.claim, [isoBox("cbor", claim)]),
    jumbfBox(uuids.signature, labels.signature, [isoBox("cbor", await signClaim(claim, signer))]),
  ]);
  return { label, bytes };
}

export const store = (...manifests: readonly Made[]): Uint8Array =>
  jumbfBox(
    uuids.store,
    labels.store,
    manifests.map((m) => m.bytes),
  );

/** A PNG with a store in which one data hash binds the picture; `make` is called twice, first with a value as long as the real one. */
export async function signedPng(png: Uint8Array, make: (binding: Cbor) => Promise<Uint8Array>): Promise<Uint8Array> {
  const binding = dataHash();
  const hollow = pngContainer.embed(png, await make(binding.blank(png)));
  return pngContainer.embed(png, await make(await binding.bind(hollow.file, hollow.place))).file;
}

/** The value of `c2pa.ingredient.v3` for a manifest that stands in the same store. */
export const parentOf = (m: Made, failures: readonly (readonly [code: string, url: string])[] = []): Cbor => ({
  relationship: "parentOf",
  activeManifest: { url: uri(m.label), hash: hashPayload(m.bytes.subarray(8)) },
  claimSignature: { url: `${uri(m.label)}/${labels.signature}`, hash: hashPayload(signatureOf(m)) },
  validationResults: {
    activeManifest: {
      success: [{ code: "claimSignature.validated", url: `${uri(m.label)}/${labels.signature}` }],
      informational: [],
      failure: failures.map(([code, url]) => ({ code, url })),
    },
  },
});

/** The signature's superbox without its header: the last of a manifest. */
function signatureOf(m: Made): Uint8Array {
  const view = new DataView(m.bytes.buffer, m.bytes.byteOffset);
  for (let at = 8, size = 0; ; at += size) {
    size = view.getUint32(at);
    if (at + size === m.bytes.length) return m.bytes.subarray(at + 8);
  }
}

/** State and codes of failures by the reference implementation. */
export async function reference(type: string, bytes: Uint8Array, roots: string): Promise<{ state: string; codes: string[] }> {
  const settings = { trust: { trust_anchors: roots }, verify: { verify_trust: true, remote_manifest_fetch: false } };
  const reader = await Reader.fromAsset({ buffer: Buffer.from(bytes), mimeType: type }, settings as never);
  const report = reader?.json() as unknown as {
    validation_state: string;
    validation_results: {
      activeManifest: { failure: { code: string }[] };
      ingredientDeltas?: { validationDeltas: { failure: { code: string }[] } }[];
    };
  };
  const { activeManifest, ingredientDeltas = [] } = report.validation_results;
  const failures = [...activeManifest.failure, ...ingredientDeltas.flatMap((d) => d.validationDeltas.failure)];
  return { state: report.validation_state.toLowerCase(), codes: [...new Set(failures.map((f) => f.code))].sort() };
}
