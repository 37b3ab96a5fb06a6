import { fft } from "../watermark/fft.ts";
import { bitsApart, type Method, type Probe } from "./method.ts";

/**
 * The fingerprint of Haitsma and Kalker ("A highly robust audio fingerprinting system", ISMIR 2002): frames of 0.37 s, 33 bands from 300 to
 * 2000 Hz evenly spaced in pitch, and for each two neighbours whether the difference of their energies grew since the frame before. 32 bits a frame.
 *
 * They have a frame each 11.6 ms on both sides. Here a stored print keeps every eighth (43 bytes a second), and a query has them all, so that any
 * alignment is met to half of 11.6 ms. It outlives codecs, loudness, filters and cuts; not a change of speed or pitch beyond 1 or 2 %.
 */
const rate = 5512.5;
const frame = 2048;
const hop = 64;
const thinned = 8;
const bandCount = 33;
/** Stored frames that a match has to cover: 3 s. */
export const leastFrames = 32;
/** Seconds that are stored, and that a query looks at. */
const longest = { stored: 600, asked: 60 };
/** Mean square below which a frame is silence: −60 dB of full scale. */
const silence = 1e-6;

/** What is stored of mono samples (−1 to 1): 4 bytes a frame, zeros for silence. Undefined for less than three seconds of sound. */
export function audioPrint(samples: Float32Array, sampleRate: number): Uint8Array | undefined {
  const low = lowered(samples, sampleRate, longest.stored);
  const count = Math.max(0, Math.floor((low.length - frame - hop) / (hop * thinned)) + 1);
  const bits = Int32Array.from({ length: count }, (_, i) =>
    frameBits(energies(low, i * hop * thinned), energies(low, i * hop * thinned + hop)),
  );
  return bits.filter((b) => b !== 0).length < leastFrames ? undefined : bytesOf(bits);
}

/** The question that samples ask; undefined for less than three seconds of sound. */
export function audioProbe(samples: Float32Array, sampleRate: number): Probe | undefined {
  const low = lowered(samples, sampleRate, longest.asked);
  const count = Math.max(0, Math.floor((low.length - frame) / hop));
  const bits = new Int32Array(count);
  let before = energies(low, 0);
  for (let i = 0; i < count; i++) {
    const after = energies(low, (i + 1) * hop);
    bits[i] = frameBits(before, after);
    before = after;
  }
  return bits.filter((b) => b !== 0).length < leastFrames ? undefined : probeOf(bits, 1);
}

/** Energies of the bands of one frame; undefined for silence. */
function energies(low: Float32Array, start: number): Float64Array | undefined {
  const re = new Float64Array(frame);
  const im = new Float64Array(frame);
  let square = 0;
  for (let i = 0; i < frame; i++) {
    const x = low[start + i] ?? 0;
    square += x * x;
    re[i] = x * (hann[i] as number);
  }
  if (square / frame < silence) return undefined;
  fft(re, im);
  const out = new Float64Array(bandCount);
  for (let band = 0; band < bandCount; band++) {
    for (let k = edges[band] as number; k < (edges[band + 1] as number); k++)
      out[band] = (out[band] as number) + (re[k] as number) ** 2 + (im[k] as number) ** 2;
  }
  return out;
}

function frameBits(before: Float64Array | undefined, after: Float64Array | undefined): number {
  if (before === undefined || after === undefined) return 0;
  let bits = 0;
  for (let m = 0; m < bandCount - 1; m++) {
    const grew = (after[m] as number) - (after[m + 1] as number) - ((before[m] as number) - (before[m + 1] as number));
    if (grew > 0) bits |= 1 << m;
  }
  return bits;
}

const hann = Float64Array.from({ length: frame }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / frame));
/** First bin of each band, and the end of the last. */
const edges = Int32Array.from({ length: bandCount + 1 }, (_, i) =>
  Math.round(((300 * (2000 / 300) ** (i / bandCount)) / rate) * frame),
);

/** Samples at 5512.5 Hz, by a windowed sinc that ends below 2.4 kHz; at most `seconds` of them. */
function lowered(samples: Float32Array, sampleRate: number, seconds: number): Float32Array {
  const step = sampleRate / rate;
  const { taps, reach } = filterOf(sampleRate);
  const out = new Float32Array(Math.floor(Math.min(samples.length / step, seconds * rate)));
  for (let i = 0; i < out.length; i++) {
    const centre = Math.floor(i * step);
    const row = taps[Math.floor((i * step - centre) * phases)] as Float32Array;
    let sum = 0;
    for (let k = 0; k < row.length; k++) sum += (samples[centre - reach + k] ?? 0) * (row[k] as number);
    out[i] = sum;
  }
  return out;
}

const phases = 32;
/** A low pass of 2.25 kHz (Hann window over eight periods) for each of 32 places between two samples. */
function filterOf(sampleRate: number): { readonly taps: readonly Float32Array[]; readonly reach: number } {
  const cut = Math.min(0.5, 2250 / sampleRate);
  const reach = Math.ceil(4 / cut);
  const taps = Array.from({ length: phases }, (_, phase) =>
    Float32Array.from({ length: 2 * reach + 1 }, (_, k) => {
      const at = k - reach - phase / phases;
      const x = 2 * Math.PI * cut * at;
      return 2 * cut * (Math.abs(x) < 1e-9 ? 1 : Math.sin(x) / x) * (0.5 + 0.5 * Math.cos((Math.PI * at) / (reach + 1)));
    }),
  );
  return { taps, reach };
}

/**
 * Asks with frames that stand `spacing` stored frames apart: 1 for all of them, 8 for a stored print. Each stored frame that is equal to one of
 * the query's proposes an alignment; the nearest of the alignments counts, by the bits that differ where both sound.
 */
function probeOf(bits: Int32Array, spacing: number): Probe {
  const places = new Map<number, number[]>();
  bits.forEach((b, i) => {
    if (b !== 0) places.set(b, [...(places.get(b) ?? []), i * spacing]);
  });
  return {
    alg: audioMethod.alg,
    keys: [...places.keys()],
    asks: [bytesOf(bits)],
    distance(value) {
      const stored = framesOf(value);
      const tried = new Set<number>();
      let nearest = Number.POSITIVE_INFINITY;
      stored.forEach((b, i) => {
        for (const place of places.get(b) ?? []) {
          const offset = i * thinned - place;
          if (tried.has(offset)) continue;
          tried.add(offset);
          nearest = Math.min(nearest, apart(stored, bits, offset, spacing));
        }
      });
      return nearest;
    },
  };
}

/** Share of bits that differ with the query laid `offset` fine frames into the stored piece. */
function apart(stored: Int32Array, bits: Int32Array, offset: number, spacing: number): number {
  let frames = 0;
  let wrong = 0;
  for (let i = Math.max(0, Math.ceil(offset / thinned)); i < stored.length; i++) {
    const place = (i * thinned - offset) / spacing;
    if (place >= bits.length) break;
    const a = stored[i] as number;
    const b = bits[place] as number;
    if (a === 0 || b === 0) continue;
    frames++;
    wrong += count(a ^ b);
  }
  return frames < leastFrames ? Number.POSITIVE_INFINITY : wrong / (32 * frames);
}

const four = new Uint8Array(4);
const none = new Uint8Array(4);
function count(x: number): number {
  for (let k = 0; k < 4; k++) four[k] = x >>> (8 * k);
  return bitsApart(four, none);
}

/** Big-endian. */
function bytesOf(bits: Int32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * bits.length));
  bits.forEach((b, i) => void view.setInt32(4 * i, b));
  return new Uint8Array(view.buffer);
}
function framesOf(value: Uint8Array): Int32Array {
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  return Int32Array.from({ length: value.length >> 2 }, (_, i) => view.getInt32(4 * i));
}

export const audioMethod: Method = {
  alg: "org.inkseal.haitsma.1",
  limit: 0.3,
  // recordings and passages spoken by one built-in voice, each against the others; the nearest pair was at 0.357
  falseLinks: { found: 0, of: 8512 },
  keys: (value) => [...new Set(framesOf(value))].filter((b) => b !== 0),
  probe: (value) => (value.length % 4 === 0 && value.length >= 4 * leastFrames ? probeOf(framesOf(value), thinned) : undefined),
  ask: ([frames]) => probeOf(framesOf(frames as Uint8Array), 1),
};
