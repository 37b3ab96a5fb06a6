import { concat, viewOf } from "../bytes.ts";
import { writeFlac } from "../flac.ts";
import { crc8, crc16, FlacBits } from "./flac-bits.ts";
import { bestPrediction, type Prediction } from "./flac-predict.ts";
import type { Pcm } from "./pcm.ts";

const blockSize = 4096;

/**
 * FLAC of 16-bit samples (RFC 9639): fixed and linear predictors up to order 8, partitioned Rice codes, mid/side stereo.
 * Our own, because the format is small and no kept package writes it in a browser and in Node alike. One or two channels.
 */
export function encodeFlac(pcm: Pcm): Uint8Array {
  const count = pcm.channels.length;
  if (count !== 1 && count !== 2) throw new RangeError(`encodeFlac: ${count} channels; one or two are taken`);
  const { rate } = pcm;
  if (!Number.isInteger(rate) || rate < 1 || rate > 655_350) throw new RangeError(`encodeFlac: a rate of ${rate}`);
  const channels = pcm.channels.map((c) => Int32Array.from(c, to16));
  const length = channels[0]?.length ?? 0;
  const frames: Uint8Array[] = [];
  for (let at = 0; at < length; at += blockSize)
    frames.push(
      frame(
        channels.map((c) => c.subarray(at, at + blockSize)),
        frames.length,
      ),
    );
  const info = new Uint8Array(34);
  const view = viewOf(info);
  view.setUint16(0, blockSize);
  view.setUint16(2, blockSize);
  // 20 bits of rate, 3 of channels − 1, 5 of sample bits − 1, 36 of samples; sizes of frames and the MD5 sum stay 0: unknown
  view.setUint32(10, ((rate << 12) | ((count - 1) << 9) | (15 << 4) | Math.floor(length / 2 ** 32)) >>> 0);
  view.setUint32(14, length >>> 0);
  return writeFlac({ blocks: [{ type: 0, data: info }], frames: concat(frames) });
}

const to16 = (sample: number): number => Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));

function frame(channels: readonly Int32Array[], number: number): Uint8Array {
  const size = channels[0]?.length ?? 0;
  const left = channels[0] as Int32Array;
  const right = channels[1];
  let assignment = channels.length - 1;
  let subframes = [bestPrediction(left, 16)];
  if (right !== undefined) {
    const apart = [...subframes, bestPrediction(right, 16)];
    const mean = left.map((l, i) => (l + (right[i] as number)) >> 1);
    const difference = left.map((l, i) => l - (right[i] as number));
    const [mid, side] = [bestPrediction(mean, 16), bestPrediction(difference, 17)];
    const together = mid.bits + side.bits < (apart[0]?.bits ?? 0) + (apart[1]?.bits ?? 0);
    subframes = together ? [mid, side] : apart;
    if (together) assignment = 10;
  }
  const out = new FlacBits();
  out.put(0xfff8, 16); // sync code, fixed block size
  out.put(0x7, 4); // block size − 1 in 16 bits at the end of the header
  out.put(0, 4); // rate as in the stream info
  out.put(assignment, 4);
  out.put(0b1000, 4); // 16 bits a sample; then a reserved bit
  for (const byte of codedNumber(number)) out.put(byte, 8);
  out.put(size - 1, 16);
  out.put(crc8(out.bytes), 8);
  for (const [i, subframe] of subframes.entries()) writeSubframe(out, subframe, assignment === 10 && i === 1 ? 17 : 16);
  out.align();
  out.put(crc16(out.bytes), 16);
  return out.bytes;
}

function writeSubframe(
  out: FlacBits,
  { kind, order, warmUp, shift, coefficients, residual, rice }: Prediction,
  bits: number,
): void {
  out.put(0, 1);
  out.put(kind === "constant" ? 0 : kind === "fixed" ? 8 + order : 32 + order - 1, 6);
  out.put(0, 1); // no wasted bits
  for (const sample of warmUp) out.put(sample, bits);
  if (kind === "constant") return;
  if (kind === "linear") {
    out.put(15 - 1, 4); // precision
    out.put(shift, 5);
    for (const c of coefficients) out.put(c, 15);
  }
  const wide = rice.parameters.some((p) => p > 14);
  out.put(wide ? 1 : 0, 2);
  out.put(rice.order, 4);
  const share = (residual.length + order) >> rice.order;
  let at = 0;
  for (const [i, parameter] of rice.parameters.entries()) {
    out.put(parameter, wide ? 5 : 4);
    for (const end = share * (i + 1) - order; at < end; at++) {
      const r = residual[at] as number;
      const folded = r >= 0 ? 2 * r : -2 * r - 1;
      out.unary(Math.floor(folded / 2 ** parameter));
      out.put(folded, parameter);
    }
  }
}

/** A frame's number as UTF-8 codes its points, stretched to 36 bits; 31 are enough here. */
function codedNumber(n: number): number[] {
  if (n < 0x80) return [n];
  let extra = 1;
  while (extra < 5 && n >= 2 ** (5 * extra + 6)) extra++;
  const bytes = [];
  for (let k = extra - 1; k >= 0; k--) bytes.push(0x80 | ((n >>> (6 * k)) & 0x3f));
  return [((0xff << (7 - extra)) & 0xff) | (n >>> (6 * extra)), ...bytes];
}
