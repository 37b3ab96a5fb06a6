import { type Cbor, decodeCbor, type JumbfBox, parseJumbf } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { uuids } from "./names.ts";

/** A manifest store taken apart. */
export interface ManifestStore {
  readonly box: JumbfBox;
  /** In file order; the last one is active (C2PA 2.2, 11.1.4.2). */
  readonly manifests: readonly JumbfBox[];
  readonly active: Manifest;
}
export interface Manifest {
  readonly label: string;
  readonly box: JumbfBox;
  readonly claim: ReadonlyMap<Cbor, Cbor>;
  /** The CBOR bytes that the signature covers. */
  readonly claimBytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly assertions: readonly JumbfBox[];
}

const bad = (what: string): InksealError => new InksealError("bad-file", what);
const superboxes = (box: JumbfBox): JumbfBox[] => box.children.filter((c): c is JumbfBox => c.kind === "superbox");

/** Parses a store. Throws `bad-file` when the active manifest lacks claim, signature or assertion store. */
export function parseStore(bytes: Uint8Array): ManifestStore {
  const box = parseJumbf(bytes);
  if (box.uuid !== uuids.store) throw bad("not a C2PA manifest store");
  const manifests = superboxes(box);
  const last = manifests.at(-1);
  if (last === undefined) throw bad("a manifest store without manifests");
  return { box, manifests, active: parseManifest(last) };
}

/** Throws `bad-file` when claim, signature or assertion store is missing. */
export function parseManifest(box: JumbfBox): Manifest {
  const parts = superboxes(box);
  const only = (uuid: string, what: string): JumbfBox => {
    const found = parts.filter((p) => p.uuid === uuid);
    if (found.length !== 1) throw bad(`a manifest with ${found.length} ${what} boxes`);
    return found[0] as JumbfBox;
  };
  const claimBytes = contentOf(only(uuids.claim, "claim"), "cbor");
  const claim = decodeCbor(claimBytes);
  if (!(claim instanceof Map)) throw bad("a claim that is not a map");
  return {
    label: box.label ?? "",
    box,
    claim,
    claimBytes,
    signature: contentOf(only(uuids.signature, "signature"), "cbor"),
    assertions: superboxes(only(uuids.assertions, "assertion store")),
  };
}

/** An update manifest adds to what is said of a file and changes none of its content (C2PA 2.2, 11.2). */
export const isUpdate = (m: Manifest): boolean => m.box.uuid === uuids.update;

const parsed = new WeakMap<JumbfBox, Manifest | undefined>();
/** The manifest of this label; undefined where none is there or it cannot be read. Of several the last counts. */
export function manifestLabelled(manifests: readonly JumbfBox[], label: string): Manifest | undefined {
  const box = manifests.findLast((m) => m.label === label);
  if (box !== undefined && !parsed.has(box)) parsed.set(box, readable(box));
  return box && parsed.get(box);
}

function readable(box: JumbfBox): Manifest | undefined {
  try {
    return parseManifest(box);
  } catch (error) {
    if (InksealError.is(error)) return undefined;
    throw error;
  }
}

/** Data of a superbox's content box of one type. */
export function contentOf(box: JumbfBox, type: string): Uint8Array {
  const content = box.children.find((c) => c.kind === "content" && c.type === type);
  if (content?.kind !== "content") throw bad(`a ${type} box is missing in ${box.label}`);
  return content.data;
}

/** The map inside an assertion (CBOR or JSON); undefined for anything else. */
export function assertionMap(box: JumbfBox): ReadonlyMap<Cbor, Cbor> | undefined {
  const content = box.children[0];
  if (content?.kind !== "content") return undefined;
  try {
    if (content.type === "json") return jsonMap(content.data);
    const value = content.type === "cbor" ? decodeCbor(content.data) : undefined;
    return value instanceof Map ? value : undefined;
  } catch {
    return undefined;
  }
}

/** An object of JSON; undefined for anything else. */
export function jsonMap(data: Uint8Array): ReadonlyMap<Cbor, Cbor> | undefined {
  try {
    const value = fromJson(data);
    return value instanceof Map ? value : undefined;
  } catch {
    return undefined;
  }
}

function fromJson(data: Uint8Array): Cbor {
  const toMap = (v: unknown, depth: number): Cbor => {
    if (depth > 32) throw bad("JSON nested too deep");
    if (Array.isArray(v)) return v.map((x) => toMap(x, depth + 1));
    if (typeof v === "object" && v !== null)
      return new Map(Object.entries(v).map(([k, x]) => [k, toMap(x, depth + 1)] as const));
    return v as Cbor;
  };
  return toMap(JSON.parse(new TextDecoder().decode(data)), 0);
}

/** A hashed URI (C2PA 2.2, 8.4.2). */
export interface HashedUri {
  readonly url: string;
  readonly hash: Uint8Array;
  readonly alg: string | undefined;
}
export function hashedUri(value: Cbor): HashedUri | undefined {
  if (!(value instanceof Map)) return undefined;
  const url = value.get("url");
  const hash = value.get("hash");
  const alg = value.get("alg");
  if (typeof url !== "string" || !(hash instanceof Uint8Array)) return undefined;
  return { url, hash, alg: typeof alg === "string" ? alg : undefined };
}
/** Undefined when one of them is malformed; an absent list is empty. */
export function hashedUris(value: Cbor): HashedUri[] | undefined {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return undefined;
  const uris = (value as Cbor[]).map(hashedUri);
  return uris.includes(undefined) ? undefined : (uris as HashedUri[]);
}
