import { utf8, viewOf } from "../bytes.ts";
import { granulePages, oggPages, writeOgg } from "../ogg.ts";
import type { Pcm } from "./pcm.ts";
import { resample } from "./resample.ts";

export interface OpusOptions {
  /** bit/s; 32,000 for one channel and 96,000 for two unless told. */
  readonly bitrate?: number;
}
const rates = [8000, 12_000, 16_000, 24_000, 48_000] as const;
/** libopus looks this far ahead with `OPUS_APPLICATION_AUDIO`, in samples at 48 kHz (Fs/400 + Fs/250). */
const lookAhead = 312;
const serial = 0x0f05ea11;
/** Packets of a page: one second. */
const perPage = 50;

/**
 * Opus in Ogg (RFC 7845) by libopus in WebAssembly, loaded when first wanted, in frames of 20 ms. Cut to the sample at both ends,
 * so that times measured on the samples hold in the file. One or two channels.
 */
export async function encodeOpus(pcm: Pcm, options: OpusOptions = {}): Promise<Uint8Array> {
  const count = pcm.channels.length;
  if (count !== 1 && count !== 2) throw new RangeError(`encodeOpus: ${count} channels; one or two are taken`);
  const rate = rates.find((r) => r >= pcm.rate) ?? 48_000;
  const channels = pcm.channels.map((c) => (rate === pcm.rate ? c : resample(c, pcm.rate, rate)));
  const length = channels[0]?.length ?? 0;
  const { default: OpusScript } = await import("opusscript");
  const encoder = new OpusScript(rate, count, OpusScript.Application.AUDIO);
  try {
    encoder.setBitrate(options.bitrate ?? (count === 1 ? 32_000 : 96_000));
    const size = rate / 50;
    const scale = 48_000 / rate;
    const packets: Uint8Array[] = [];
    const frame = new Int16Array(size * count);
    // enough frames that the last sample has come out again behind the look-ahead
    for (let at = 0; at < length + lookAhead / scale; at += size) {
      for (let i = 0; i < size; i++)
        for (let c = 0; c < count; c++) {
          const sample = channels[c]?.[at + i] ?? 0;
          frame[i * count + c] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
        }
      // the package takes 16-bit little-endian samples byte by byte, and types them as Node's Buffer
      packets.push(Uint8Array.from(encoder.encode(new Uint8Array(frame.buffer) as Buffer, size)));
    }
    const end = lookAhead + Math.round(length * scale);
    const granules = packets.map((_, i) => BigInt(i === packets.length - 1 ? end : (i + 1) * 960));
    const head = new Uint8Array(19);
    const view = viewOf(head);
    head.set(utf8("OpusHead"));
    head[8] = 1; // version
    head[9] = count;
    view.setUint16(10, lookAhead, true);
    view.setUint32(12, pcm.rate, true);
    return writeOgg([
      ...oggPages([head], serial, { first: true }),
      ...oggPages([tags()], serial, { sequence: 1 }),
      ...granulePages(packets, granules, serial, { sequence: 2, perPage }),
    ]);
  } finally {
    encoder.delete();
  }
}

/** A comment header without comments: whoever marks the file writes its own. */
function tags(): Uint8Array {
  const vendor = utf8("libopus 1.4");
  const out = new Uint8Array(16 + vendor.length);
  out.set(utf8("OpusTags"));
  viewOf(out).setUint32(8, vendor.length, true);
  out.set(vendor, 12);
  return out;
}
