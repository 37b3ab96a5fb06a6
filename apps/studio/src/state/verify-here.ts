import type { VerifyReport } from "@inkseal/core";
import { createMarker, judge, unmarked } from "@inkseal/mark";

/**
 * Verification wholly in this page: no request is made, so it works with the network off. It reads labels, metadata, signatures and histories; it
 * has no ledger to ask, no watermark key, and trusts no signer by itself, and the report says so.
 */
const marker = createMarker({ producer: { code: "READER" } });

const alone = { exact: false, alike: false, known: false, asked: false, compared: false } as const;

/** A grey pixel, so that the decoder of JPEG is loaded before the network goes. */
const pixel =
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AVN//2Q==";
export const ready: Promise<unknown> = marker.read(Uint8Array.from(atob(pixel), (c) => c.charCodeAt(0)));

export async function verifyHere(file: Blob): Promise<VerifyReport> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const reading = await marker.read(bytes);
  const { mediaType, layers, history } = reading;
  const gap = history?.gap === true;
  const guess = unmarked(reading) ? await marker.likelihood(bytes) : undefined;
  return {
    mediaType,
    size: bytes.length,
    sha256: Array.from(digest, (b) => b.toString(16).padStart(2, "0")).join(""),
    ...judge(reading, { ...alone, empty: bytes.length === 0, gap }),
    layers: [...layers],
    likelihood: guess === undefined ? [] : [guess],
    resembles: [],
    history: [...(history?.steps ?? [])],
    ...(history && { historyFrom: "file" as const }),
  };
}
