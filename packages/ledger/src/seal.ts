import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { InksealError } from "@inkseal/core";

const version = "s1";

/** Encrypts words that a policy keeps: AES-256-GCM, 96-bit random nonce; `s1.NONCE.TAG.BYTES` in base64url. `key`: 32 bytes. */
export function sealText(text: string, key: Uint8Array): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const bytes = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return [version, ...[nonce, cipher.getAuthTag(), bytes].map((b) => b.toString("base64url"))].join(".");
}

/** The words again. Throws `bad-request` for another key or a changed text. */
export function openText(sealed: string, key: Uint8Array): string {
  const [v, ...parts] = sealed.split(".");
  const [nonce, tag, bytes] = parts.map((p) => Buffer.from(p, "base64url"));
  if (v !== version || nonce?.length !== 12 || tag?.length !== 16 || bytes === undefined)
    throw new InksealError("bad-request", "this is not a sealed text");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce);
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(bytes), decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new InksealError("bad-request", "the sealed text was changed, or sealed with another key", { cause });
  }
}
