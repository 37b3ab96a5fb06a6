import { idTime } from "@inkseal/core";

/**
 * What watermarks say: the start of the run's id. Ids are time-ordered, 26 characters of 5 bits; the first 13 fill 8 bytes but for the last
 * bit, and hold 48 bits of milliseconds and 15 random ones, so that they name one run of a house but for runs of the same millisecond.
 */

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford base 32, as the ids'
const characters = 13;

/** 8 bytes for a run's id; undefined for an id that is not this house's kind. */
export function payloadOfRun(run: string): Uint8Array | undefined {
  const body = /^run_([0-7][0-9a-hjkmnp-tv-z]{25})$/.exec(run)?.[1];
  if (body === undefined) return undefined;
  let value = 0n;
  for (const c of body.slice(0, characters)) value = value * 32n + BigInt(alphabet.indexOf(c));
  const bytes = new Uint8Array(8);
  // ids' first character stays below 8, so 63 bits are left
  new DataView(bytes.buffer).setBigUint64(0, value << 1n);
  return bytes;
}

/** The first characters of the id that `payloadOfRun` took. */
export function runStart(payload: Uint8Array): string {
  let value = new DataView(payload.buffer, payload.byteOffset).getBigUint64(0) >> 1n;
  let body = "";
  for (let i = 0; i < characters; i++) {
    body = alphabet[Number(value & 31n)] + body;
    value >>= 5n;
  }
  return `run_${body}`;
}

/** The 48 bits of milliseconds of a run's id, for marks that hold no more; the ledger's rows are in their order. RangeError for other ids. */
export function timeOfRun(run: string): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(idTime(run)));
  return new Uint8Array(view.buffer, 2);
}

/** How the ids of that millisecond begin. */
export function runOfTime(payload: Uint8Array): { run: string; ms: number } {
  const ms = payload.reduce((sum, byte) => sum * 256 + byte, 0);
  let body = "";
  for (let t = ms, i = 0; i < 10; i++) {
    body = alphabet[t % 32] + body;
    t = Math.floor(t / 32);
  }
  return { run: `run_${body}`, ms };
}
