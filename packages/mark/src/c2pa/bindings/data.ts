import { type Cbor, encodeCbor, equalBytes } from "@inkseal/codec";
import type { Binding } from "../binding.ts";
import type { Place } from "../container.ts";
import { hashExcluding, isHashName } from "../hashes.ts";
import { labels } from "../names.ts";
import { failure, success, untrusted } from "../status.ts";

const widest: Place = { start: 0xffffffff, length: 0xffffffff };

/**
 * `c2pa.hash.data` (C2PA 2.2, 18.5): one hash over every byte but the manifest store. `over` gives the bytes that are
 * hashed, where they are not the file's own (text is hashed in its normal form).
 *
 * The value names the bytes it leaves out, whose length includes that very number: `pad` takes up what a short number
 * saves, so the value has the same length for all of them.
 */
export const dataHash = (over: (file: Uint8Array) => Uint8Array = (file) => file): Binding => ({
  label: labels.dataHash,
  reads: (label) => label === labels.dataHash,
  blank: () => valueFor(widest, new Uint8Array(32), 8),
  async bind(file, place) {
    const hash = (await hashExcluding(over(file), [place])) as Uint8Array;
    // both numbers take at most 5 bytes, so 8 spare bytes are enough and the head of `pad` stays one byte
    const spare = encodeCbor(valueFor(widest, hash, 8)).length - encodeCbor(valueFor(place, hash, 8)).length;
    return valueFor(place, hash, 8 + spare);
  },
  async check(file, place, value, claimed, updated = false) {
    const hash = value.get("hash");
    const named = places(value.get("exclusions"));
    const exclusions = named && updated ? grown(named, place) : named;
    if (!(hash instanceof Uint8Array) || exclusions === undefined)
      return [failure("assertion.dataHash.malformed", labels.dataHash)];
    const alg = value.get("alg") ?? claimed;
    if (!isHashName(alg)) return [failure("algorithm.unsupported", String(alg))];
    const actual = await hashExcluding(over(file), exclusions, alg);
    if (actual === undefined || !equalBytes(actual, hash))
      return [failure("assertion.dataHash.mismatch", "the file was changed after it was signed")];
    const match = success("assertion.dataHash.match", "every byte outside the exclusions");
    // a signer may leave out more than the manifest; those bytes can be anything
    const more = exclusions.find((e) => e.start < place.start || e.start + e.length > place.start + place.length);
    if (more === undefined) return [match];
    const detail = `bytes ${more.start} to ${more.start + more.length} are not covered`;
    return [match, untrusted("assertion.dataHash.additionalExclusionsPresent", detail)];
  },
});

const valueFor = ({ start, length }: Place, hash: Uint8Array, pad: number): Cbor => ({
  exclusions: [{ start, length }],
  name: "jumbf manifest",
  alg: "sha256",
  hash,
  pad: new Uint8Array(pad),
});

/** Exclusions of a manifest whose store has grown by update manifests: that of the store is as long as the store now, and others lie behind it. */
function grown(exclusions: readonly Place[], place: Place): Place[] {
  const own = exclusions.find((e) => e.start === place.start);
  if (own === undefined) return [...exclusions];
  const by = place.length - own.length;
  return exclusions.map((e) => (e === own ? place : e.start > place.start ? { start: e.start + by, length: e.length } : e));
}

function places(value: Cbor): Place[] | undefined {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return undefined;
  const out: Place[] = [];
  for (const v of value as Cbor[]) {
    const start = v instanceof Map ? v.get("start") : undefined;
    const length = v instanceof Map ? v.get("length") : undefined;
    if (typeof start !== "number" || typeof length !== "number" || start < 0 || length < 0) return undefined;
    out.push({ start, length });
  }
  return out.sort((a, b) => a.start - b.start);
}
