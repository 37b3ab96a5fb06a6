import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { InksealError } from "@inkseal/core";

const form = "s1.";

function checkKey(key: Uint8Array): void {
  if (key.length !== 32) throw new RangeError(`the seal key must be 32 bytes, not ${key.length}`);
}

/**
 * Encrypts words for policies that keep them: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce.
 * `key` 32 bytes. Result: `s1.` and base64url of nonce, ciphertext, 16-byte tag.
 */
export function sealText(text: string, key: Uint8Array): string {
  checkKey(key);
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const parts = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
  return form + Buffer.concat(parts).toString("base64url");
}

/** The words of `sealText`. Throws `bad-request` when they were altered or sealed with another key. */
export function openText(sealed: string, key: Uint8Array): string {
  checkKey(key);
  const bytes = Buffer.from(sealed.slice(form.length), "base64url");
  try {
    if (!sealed.startsWith(form) || bytes.length < 28) throw new RangeError("not sealed text");
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12), { authTagLength: 16 });
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new InksealError("bad-request", "the sealed text was altered or sealed with another key", { cause });
  }
}
