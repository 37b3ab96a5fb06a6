import { type Cbor, concat, encodeCbor, isoBox, jumbfBox, Tagged, utf8 } from "@inkseal/codec";
import type { Provenance } from "@inkseal/core";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Signer } from "../contract.ts";
import { version } from "../version.ts";
import type { Container, Place } from "./container.ts";
import { signatureLength, signClaim } from "./cose.ts";
import { hashExcluding, hashPayload } from "./hashes.ts";
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

/**
 * Signs `file` as generated content: claim v2 with actions, data hash and the ids of run and artifact, in a manifest
 * store inside the file. Deterministic but for the signature. A `parent` (the store that came with the input) stays in
 * front of the new manifest, which then says that it opened and changed that asset instead of having created it; any
 * other store in the file is replaced.
 *
 * The data hash names the bytes it leaves out (the store itself), whose length includes that very number. So the
 * store is laid out first with a number of full width, and `pad` takes up what the real one saves.
 */
export async function signFile(
  file: Uint8Array,
  container: Container,
  provenance: Provenance,
  signer: Signer,
  parent?: Parent,
): Promise<Uint8Array> {
  const signatureSize = signatureLength(signer);
  const make = (place: Place, hash: Uint8Array, signature: Uint8Array) => layout(provenance, place, hash, signature, parent);
  const blank = make({ start: 0xffffffff, length: 0xffffffff }, new Uint8Array(32), new Uint8Array(signatureSize)).store;
  const { file: hollow, place } = container.embed(file, blank);
  const hash = (await hashExcluding(hollow, [place])) as Uint8Array;
  const { claim } = make(place, hash, new Uint8Array(signatureSize));
  const signed = make(place, hash, await signClaim(claim, signer));
  return container.embed(file, signed.store).file;
}

function layout(
  p: Provenance,
  place: Place,
  hash: Uint8Array,
  signature: Uint8Array,
  parent: Parent | undefined,
): { readonly claim: Uint8Array; readonly store: Uint8Array } {
  // content, run and what came before: no two manifests of one store can share a label
  const id = uuid(concat([hash, hashPayload(parent?.manifests.at(-1) ?? hash), utf8(`${p.run}\n${p.artifact}\n${p.at}`)]));
  const manifest = `urn:c2pa:${id}`;
  const ingredient = parent && assertion(labels.ingredient, parent.ingredient);
  const assertions = [
    ...(ingredient === undefined ? [] : [ingredient]),
    assertion(labels.actions, { actions: actions(p, ingredient && reference(ingredient)) }),
    assertion(labels.run, { run: p.run, artifact: p.artifact, engine: p.engine, model: p.model, place: p.place, at: p.at }),
    dataHash(place, hash),
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

/** `c2pa.hash.data` (C2PA 2.2, 18.5) of constant length whatever the numbers are. */
function dataHash(place: Place, hash: Uint8Array): Assertion {
  const make = (at: Place, pad: number): Assertion =>
    assertion(labels.dataHash, {
      exclusions: [{ start: at.start, length: at.length }],
      name: "jumbf manifest",
      alg: "sha256",
      hash,
      pad: new Uint8Array(pad),
    });
  // both numbers take at most 5 bytes, so 8 spare bytes are enough and the head of `pad` stays one byte
  const widest = make({ start: 0xffffffff, length: 0xffffffff }, 8).box.length;
  return make(place, 8 + widest - make(place, 8).box.length);
}

/** A UUID from a digest of `seed`, with the version-4 bits that C2PA 2.2, 8.3 asks for. */
function uuid(seed: Uint8Array): string {
  const b = sha256(seed).slice(0, 16);
  b[6] = ((b[6] as number) & 0x0f) | 0x40;
  b[8] = ((b[8] as number) & 0x3f) | 0x80;
  const hex = Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
