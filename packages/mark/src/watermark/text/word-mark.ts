import { InksealError, type WordMark } from "@inkseal/core";
import { blake3 } from "@noble/hashes/blake3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** The watermark of words that are drawn token by token. */
export const textMethod = "inkseal.text.1";

/** What engines mark words with in the house of this key: a key of its own, so that whoever gets it can forge words only. */
export function wordMarkOf(houseKey: Uint8Array): WordMark {
  if (houseKey.length !== 32) throw new InksealError("bad-request", `a watermark key of ${houseKey.length} bytes, not 32`);
  const key = blake3(utf8ToBytes(`${textMethod} key`), { key: houseKey });
  return { method: textMethod, key, keyId: bytesToHex(blake3(utf8ToBytes(`${textMethod} id`), { key, dkLen: 4 })) };
}
