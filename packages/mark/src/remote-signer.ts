import { derTag, insideDer, readDer } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Signer } from "./contract.ts";
import { fromPem } from "./pem.ts";

export interface RemoteSignerOptions {
  /** PEM chain, leaf first. */
  readonly chainPem: string;
  /** Signs a SHA-256 digest (32 bytes) by ECDSA P-256 where the key is; answers in DER or as raw r‖s. */
  signDigest(digest: Uint8Array): Promise<Uint8Array>;
}

/** A signer whose key lives elsewhere: in a KMS, an HSM, a vault. Throws `bad-file` for a chain without a certificate. */
export function remoteSigner({ chainPem, signDigest }: RemoteSignerOptions): Signer {
  if (fromPem(chainPem, "CERTIFICATE").length === 0)
    throw new InksealError("bad-file", "a signer needs a certificate chain in PEM");
  return { certificates: chainPem, sign: async (data) => rawSignature(await signDigest(sha256(data))) };
}

/** r‖s, 64 bytes, out of what signers answer with (SEC 1, C.5, or IEEE P1363). Throws `upstream-invalid`. */
export function rawSignature(answer: Uint8Array): Uint8Array {
  if (answer.length === 64) return answer;
  try {
    const [r, s] = insideDer(readDer(answer)[0], derTag.sequence);
    const out = new Uint8Array(64);
    for (const [i, part] of [r, s].entries()) {
      if (part?.tag !== derTag.integer) throw new Error("no integer");
      const digits = part.content[0] === 0 ? part.content.subarray(1) : part.content;
      if (digits.length > 32) throw new Error("longer than P-256 has it");
      out.set(digits, 32 * (i + 1) - digits.length);
    }
    return out;
  } catch (cause) {
    throw new InksealError("upstream-invalid", `the signer answered ${answer.length} bytes that are no ECDSA P-256 signature`, {
      cause,
    });
  }
}
