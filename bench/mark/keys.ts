/** Keys and payloads, random in every run. */
import { randomBytes } from "node:crypto";

export const freshKey = (): Uint8Array => freshPayload(32);
export const freshPayload = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes));
/** Whether a payload came back exactly. */
export const same = (found: Uint8Array | undefined, payload: Uint8Array): boolean =>
  found !== undefined && Buffer.compare(found, payload) === 0;
