import { badFile, concat, fromLatin1, fromSelectors, fromUtf8, latin1, toSelectors, utf8, viewOf } from "@inkseal/codec";
import { dataHash } from "../bindings/data.ts";
import type { Container, Place } from "../container.ts";
import { base64, fromBase64 } from "./svg.ts";

/** U+FEFF in UTF-8, then in selectors: magic, version 1, length of the store (32 bits, big endian), the store (C2PA 2.4, A.8). */
const mark = Uint8Array.of(0xef, 0xbb, 0xbf);
const magic = latin1("C2PATXT\0");
const wrapperStart = fromLatin1(concat([mark, toSelectors(magic)]));
const headBytes = magic.length + 1 + 4;

/** ASCII armour of structured text (A.9), on a line of its own. */
const [begin, end] = ["-----BEGIN C2PA MANIFEST-----", "-----END C2PA MANIFEST-----"];
const dataUri = "data:application/c2pa;base64,";

interface Found {
  readonly form: "wrapper" | "armour";
  readonly store: Uint8Array;
  readonly place: Place;
}

/** Every manifest in a text, in both forms. Offsets are bytes. */
function manifestsIn(file: Uint8Array): Found[] {
  const text = fromLatin1(file);
  const found: Found[] = [];
  for (let at = text.indexOf(wrapperStart); at >= 0; at = text.indexOf(wrapperStart, at + 1)) {
    const { bytes, end: to } = fromSelectors(file, at + mark.length);
    const size = bytes.length >= headBytes ? viewOf(bytes).getUint32(magic.length + 1) : Number.POSITIVE_INFINITY;
    if (bytes[magic.length] !== 1 || size > bytes.length - headBytes) throw badFile("a text wrapper that is cut or unknown");
    const store = bytes.subarray(headBytes, headBytes + size);
    found.push({ form: "wrapper", store, place: { start: at, length: to - at } });
  }
  let close = text.indexOf(end);
  for (let at = text.indexOf(begin); at >= 0 && found.length < 2; at = text.indexOf(begin, at + 1)) {
    if (close < at) close = text.indexOf(end, at);
    if (close < 0) break;
    const store = armoured(text.slice(at + begin.length, close).trim());
    if (store === undefined) continue;
    const start = text.lastIndexOf("\n", at) + 1;
    const newline = text.indexOf("\n", close);
    const length = (newline < 0 ? text.length : newline) - start;
    found.push({ form: "armour", store, place: { start, length } });
  }
  return found;
}

/** The store that a reference holds; undefined for an address, and for words about armour, which hold none. */
function armoured(reference: string): Uint8Array | undefined {
  if (!reference.startsWith(dataUri) || reference.includes(begin)) return undefined;
  try {
    const store = fromBase64(reference.slice(dataUri.length));
    return fromLatin1(store.subarray(4, 8)) === "jumb" ? store : undefined;
  } catch {
    return undefined;
  }
}

/** The text as it was before manifests were put in, the line feed of an armour's line included. */
export function withoutTextManifest(file: Uint8Array): Uint8Array {
  const [first] = manifestsIn(file);
  if (first === undefined) return file;
  const { start, length } = first.place;
  const newline = first.form === "armour" && start > 0 ? 1 : 0;
  return withoutTextManifest(concat([file.subarray(0, start - newline), file.subarray(start + length)]));
}

function extract(file: Uint8Array): Found | undefined {
  const [found, more] = manifestsIn(file);
  if (more !== undefined) throw badFile("a text with more than one manifest");
  return found;
}

/** Normal form C: what a wrapper's hash covers. Bytes that are not UTF-8 stay. */
function normalised(file: Uint8Array): Uint8Array {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(file);
    const normal = text.normalize("NFC");
    return normal === text ? file : utf8(normal);
  } catch {
    return file;
  }
}

const binding = dataHash((file) => (extract(file)?.form === "wrapper" ? normalised(file) : file));

/** Plain text: an invisible wrapper behind the last character. Reads both forms, since no magic tells Markdown from plain text. */
export const textContainer: Container = {
  embed(file, store) {
    const text = normalised(withoutTextManifest(file));
    const wrapper = concat([mark, padded(store)]);
    return { file: concat([text, wrapper]), place: { start: text.length, length: wrapper.length } };
  },
  extract(file) {
    const found = extract(file);
    // a wrapper's place is that of the normal form, where the text in front may be shorter
    return found?.form === "wrapper" ? extract(normalised(file)) : found;
  },
  fits: (file) => fromUtf8(file) !== undefined,
  binding,
};

/** Selectors of the store, as long as the longest that a store of this length can have: its length must not depend on its bytes. */
function padded(store: Uint8Array): Uint8Array {
  const head = new Uint8Array(headBytes);
  head.set(magic);
  head[magic.length] = 1;
  viewOf(head).setUint32(magic.length + 1, store.length);
  const selectors = toSelectors(concat([head, store]));
  const spare = (headBytes + store.length) * 4 + 6 - selectors.length; // 6 or more: any such number is threes and fours
  const fours = spare % 3;
  const threes = (spare - 4 * fours) / 3;
  return concat([selectors, toSelectors(concat([new Uint8Array(threes), new Uint8Array(fours).fill(16)]))]);
}

/** Markdown: the armour in a comment, as the last line; the first one is front matter's. */
export const markdownContainer: Container = {
  ...textContainer,
  embed(file, store) {
    const text = withoutTextManifest(file);
    const newline = text.length === 0 ? "" : "\n";
    const line = latin1(`<!-- ${begin} ${dataUri}${base64(store)} ${end} -->`);
    return {
      file: concat([text, latin1(newline), line]),
      place: { start: text.length + newline.length, length: line.length },
    };
  },
};
