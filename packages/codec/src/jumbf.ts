import { badFile, concat, fromLatin1, fromUtf8, latin1, utf8, viewOf } from "./bytes.ts";

/** JUMBF, ISO 19566-5: ISO boxes; a superbox `jumb` holds a description box `jumd` and then content boxes. */
export interface JumbfBox {
  readonly kind: "superbox";
  /** Content type UUID, 32 lower-case hex digits. */
  readonly uuid: string;
  readonly label: string | undefined;
  readonly children: readonly (JumbfBox | ContentBox)[];
  /** Everything after the 8-byte header, description box included: what C2PA hashes (2.2, 8.4.2.3). */
  readonly payload: Uint8Array;
  /** With header. */
  readonly bytes: Uint8Array;
}
export interface ContentBox {
  readonly kind: "content";
  /** `cbor`, `json`, `bfdb`, `bidb`, `c2sh` … */
  readonly type: string;
  readonly data: Uint8Array;
}

const maxDepth = 16;
const maxBoxes = 10_000;

/** Parses the superbox at the start of `bytes`; what follows it is ignored (padding). Throws `bad-file`. */
export function parseJumbf(bytes: Uint8Array): JumbfBox {
  let boxes = 0;
  const read = (from: Uint8Array, depth: number): { box: JumbfBox | ContentBox; length: number } => {
    if (depth > maxDepth || ++boxes > maxBoxes) throw badFile("JUMBF: nested too deep or too many boxes");
    if (from.length < 8) throw badFile("JUMBF ends inside a box header");
    const view = viewOf(from);
    let length = view.getUint32(0);
    let headed = 8;
    if (length === 1) {
      if (from.length < 16) throw badFile("JUMBF ends inside a box header");
      const big = view.getBigUint64(8);
      if (big > BigInt(from.length)) throw badFile("JUMBF: a box runs past the end");
      length = Number(big);
      headed = 16;
    } else if (length === 0) length = from.length;
    if (length < headed || length > from.length) throw badFile("JUMBF: a box runs past the end");
    const type = fromLatin1(from.subarray(4, 8));
    const data = from.subarray(headed, length);
    if (type !== "jumb") return { box: { kind: "content", type, data }, length };
    const children: (JumbfBox | ContentBox)[] = [];
    for (let at = 0; at < data.length; ) {
      const child = read(data.subarray(at), depth + 1);
      children.push(child.box);
      at += child.length;
    }
    const description = children.shift();
    if (description?.kind !== "content" || description.type !== "jumd") throw badFile("JUMBF: superbox without description");
    return {
      box: {
        kind: "superbox",
        ...parseDescription(description.data),
        children,
        payload: data,
        bytes: from.subarray(0, length),
      },
      length,
    };
  };
  const { box } = read(bytes, 0);
  if (box.kind !== "superbox") throw badFile("JUMBF: not a superbox");
  return box;
}

function parseDescription(data: Uint8Array): { uuid: string; label: string | undefined } {
  if (data.length < 17) throw badFile("JUMBF: description box too short");
  const uuid = Array.from(data.subarray(0, 16), (b) => b.toString(16).padStart(2, "0")).join("");
  if (((data[16] as number) & 2) === 0) return { uuid, label: undefined };
  const end = data.indexOf(0, 17);
  const label = end < 0 ? undefined : fromUtf8(data.subarray(17, end));
  if (label === undefined) throw badFile("JUMBF: label without end");
  return { uuid, label };
}

/** An ISO box. */
export function isoBox(type: string, data: Uint8Array): Uint8Array {
  const head = new Uint8Array(8);
  viewOf(head).setUint32(0, data.length + 8);
  head.set(latin1(type), 4);
  return concat([head, data]);
}

/** A superbox with a requestable label. `uuid` is 32 hex digits; `children` are encoded boxes. */
export function jumbfBox(uuid: string, label: string, children: readonly Uint8Array[]): Uint8Array {
  const id = Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(uuid.slice(i * 2, i * 2 + 2), 16));
  const description = isoBox("jumd", concat([id, Uint8Array.of(3), utf8(label), Uint8Array.of(0)]));
  return isoBox("jumb", concat([description, ...children]));
}
