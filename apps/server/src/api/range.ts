/** Bytes asked for: first and last, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The one range of a Range header over `size` bytes. Undefined when there is none to honour: no header, another
 * unit, bad syntax, or several ranges (a server may answer those with the whole). `unsatisfiable` is a 416.
 * @see RFC 9110, 14.1.2 and 14.2
 */
export function byteRange(header: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/.exec(header ?? "");
  if (match === null) return undefined;
  const [, from = "", to = ""] = match;
  if (from === "") {
    if (to === "") return undefined;
    const suffix = Number(to);
    return suffix === 0 || size === 0 ? "unsatisfiable" : { first: Math.max(0, size - suffix), last: size - 1 };
  }
  const first = Number(from);
  const last = to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== "" && Number(to) < first) return undefined;
  return first >= size ? "unsatisfiable" : { first, last };
}

/** Whether an If-None-Match header names this entity tag (weak comparison, RFC 9110, 13.1.2). */
export function namesTag(header: string | undefined, tag: string): boolean {
  const candidates = (header ?? "").split(",").map((candidate) => candidate.trim());
  return candidates.some((candidate) => candidate === "*" || candidate.replace(/^W\//, "") === tag);
}
