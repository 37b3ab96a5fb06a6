import { type Cbor, concat, encodeCbor, isoBox, jumbfBox, Tagged, utf8 } from "@inkseal/codec";
import type { Provenance } from "@inkseal/core";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Signer } from "../contract.ts";
import { version } from "../version.ts";
import { dataHash } from "./bindings/data.ts";
import type { Container } from "./container.ts";
import { type Stamping, signatureLength, signClaim } from "./cose.ts";
import { hashPayload } from "./hashes.ts";
import type { Parent } from "./ingredient.ts";
import { digitalSourceType, labels, uuids } from "./names.ts";

interface Assertion {
  readonly label: string;
  readonly box: Uint8Array;
}

const assertion = (label: string, value: Cbor): Assertion => ({
  label,
  box: jumbfBox(uuids.cbor, label, [isoBox("cbor", encodeCbor(value))]),
});

/** What a manifest can say beyond where its file comes from. */
export interface ManifestExtras {
  /** The store that came with the input. */
  readonly parent?: Parent | undefined;
  /** Who runs the generating system: code or name. */
  readonly provider?: string | undefined;
  readonly softBindings?: readonly SoftBinding[] | undefined;
  /** Puts a time to the signature. */
  readonly stamping?: Stamping | undefined;
}

/** A watermark or fingerprint by which the manifest can be found again when it was stripped (C2PA 2.2, 18.10). */
export interface SoftBinding {
  /** Identifier of the algorithm, as in C2PA's own list, or reverse-DNS. */
  readonly alg: string;
  readonly value: Uint8Array;
}

/**
 * Signs `file` as generated content: claim v2 with actions, a hard binding and the ids of run and artifact, in a manifest
 * store inside the file. Deterministic but for the signature. A `parent` (the store that came with the input) stays in
 * front of the new manifest, which then says that it opened and changed that asset instead of having created it; any
 * other store in the file is replaced.
 *
 * Two passes: the binding may name where the store stands and how long it is, and that length includes this very
 * number. The store is laid out first with a binding that is as long as the real one.
 *
 * Throws what the time-stamper throws; `NoRoom` when its token needs more room than it was given.
 */
export async function signFile(
  file: Uint8Array,
  container: Container,
  provenance: Provenance,
  signer: Signer,
  extras: ManifestExtras = {},
): Promise<Uint8Array> {
  const binding = container.binding ?? dataHash();
  const unsigned = new Uint8Array(signatureLength(signer, extras.stamping?.room));
  const make = (bound: Cbor, signature: Uint8Array) => layout(provenance, assertion(binding.label, bound), signature, extras);
  const blank = make(binding.blank(file), unsigned).store;
  const { file: hollow, place } = container.embed(file, blank);
  const bound = await binding.bind(hollow, place);
  const { claim } = make(bound, unsigned);
  const signed = make(bound, await signClaim(claim, signer, extras.stamping));
  return container.embed(file, signed.store).file;
}

function layout(
  p: Provenance,
  binding: Assertion,
  signature: Uint8Array,
  { parent, provider, softBindings = [] }: ManifestExtras,
): { readonly claim: Uint8Array; readonly store: Uint8Array } {
  // content, run and what came before: no two manifests of one store can share a label
  const bound = hashPayload(binding.box);
  const before = hashPayload(parent?.manifests.at(-1) ?? bound);
  const id = uuid(concat([bound, before, utf8(`${p.run}\n${p.artifact}\n${p.at}`)]));
  const manifest = `urn:c2pa:${id}`;
  const ingredient = parent && assertion(labels.ingredient, parent.ingredient);
  const assertions = [
    ...(ingredient === undefined ? [] : [ingredient]),
    assertion(labels.actions, { actions: actions(p, ingredient && reference(ingredient)) }),
    assertion(labels.run, {
      ...(provider !== undefined && { provider }),
      ...{ run: p.run, artifact: p.artifact, engine: p.engine, model: p.model, place: p.place, at: p.at },
    }),
    ...softBindings.map(softBinding),
    binding,
  ];
  const claim = encodeCbor({
    instanceID: `xmp:iid:${id}`,
    claim_generator_info: { name: "Inkseal", version },
    signature: `self#jumbf=/c2pa/${manifest}/${labels.signature}`,
    created_assertions: assertions.map(reference),
    alg: "sha256",
  });
  const boxes = [
    jumbfBox(
      uuids.assertions,
      labels.assertions,
      assertions.map((a) => a.box),
    ),
    jumbfBox(uuids.claim, labels.claim, [isoBox("cbor", claim)]),
    jumbfBox(uuids.signature, labels.signature, [isoBox("cbor", signature)]),
  ];
  return {
    claim,
    store: jumbfBox(uuids.store, labels.store, [...(parent?.manifests ?? []), jumbfBox(uuids.manifest, manifest, boxes)]),
  };
}

const reference = (a: Assertion): Cbor => ({
  url: `self#jumbf=${labels.assertions}/${a.label}`,
  hash: hashPayload(a.box.subarray(8)),
});

/** The first action is `c2pa.created`, or `c2pa.opened` with the ingredient it opened (C2PA 2.2, 18.15.4.7). */
function actions(p: Provenance, opened: Cbor | undefined): Cbor {
  const made = {
    when: new Tagged(0, p.at),
    digitalSourceType: digitalSourceType(p.source),
    softwareAgent: { name: `${p.engine}/${p.model}` },
  };
  if (opened === undefined) return [{ action: "c2pa.created", ...made }];
  return [
    { action: "c2pa.opened", when: new Tagged(0, p.at), parameters: { ingredients: [opened] } },
    { action: "c2pa.edited", ...made },
  ];
}

/** `c2pa.soft-binding`; more than one of a label are told apart by a number (6.4). */
const softBinding = ({ alg, value }: SoftBinding, index: number): Assertion =>
  assertion(index === 0 ? labels.softBinding : `${labels.softBinding}__${index}`, {
    alg,
    blocks: [{ scope: {}, value }],
  });

/** A UUID from a digest of `seed`, with the version-4 bits that C2PA 2.2, 8.3 asks for. */
function uuid(seed: Uint8Array): string {
  const b = sha256(seed).slice(0, 16);
  b[6] = ((b[6] as number) & 0x0f) | 0x40;
  b[8] = ((b[8] as number) & 0x3f) | 0x80;
  const hex = Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
