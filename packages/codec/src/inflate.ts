import { Inflate, Unzlib } from "fflate";
import { badFile, concat } from "./bytes.ts";

/** Decompresses zlib data (or bare Deflate) that unpacks to at most `limit` bytes. Throws `bad-file` for more, and for anything malformed. */
export function inflateUpTo(data: Uint8Array, limit: number, form: "zlib" | "deflate" = "zlib"): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  let done = false;
  const unzip = new (form === "zlib" ? Unzlib : Inflate)((part, final) => {
    length += part.length;
    done = final;
    if (length > limit) throw badFile(`compressed data unpacks to more than ${limit} bytes`);
    parts.push(part);
  });
  try {
    // in pieces, so that a bomb is noticed before it goes off: a byte unpacks to 1032 at most
    const piece = Math.min(8192, Math.max(256, Math.floor(limit / 1024)));
    for (let at = 0; at < data.length && !done; at += piece)
      unzip.push(data.subarray(at, at + piece), at + piece >= data.length);
  } catch (cause) {
    throw badFile("compressed data does not decompress", cause);
  }
  if (!done) throw badFile("compressed data ends early");
  return concat(parts);
}
