import type { Raster } from "@inkseal/codec";
import { bitsApart, type Method, type Probe, type Seen } from "./method.ts";
import { leastQuality, pdq } from "./pdq.ts";

/**
 * What is seen, as PDQ hashes one behind the other: one of a picture; of a film those of its different frames, in order. So a still finds its
 * film, a film the one picture that it shows, and one film another where enough frames agree.
 */
const hashBytes = 32;

/** A picture or a frame that is looked for, as hashes: each way in which it may have been laid down. */
type Sight = readonly Uint8Array[];

/** Frames of a film to be looked at: this many a second, over its first minute. */
export const frameWish = { count: 120, rate: 2, size: 256 } as const;
/** A frame within so many bits of one that is kept says nothing new. */
const sameFrame = 16;
/** Frames of a film that are asked for, at most, evenly spread. */
const mostAsked = 24;
/** A film is another where every fourth of its frames is found in it, and two at least: titles and logos are in many. */
const agreeing = (asked: number): number => (asked === 1 ? 1 : Math.max(2, Math.ceil(asked / 4)));

/** What a picture shows; undefined where there is too little to see. */
export function pictureSeen(raster: Raster): Seen | undefined {
  const { hash, quality, turned } = pdq(raster);
  return quality < leastQuality ? undefined : { print: { alg: sightMethod.alg, value: hash }, probe: sightProbe([turned]) };
}

/** What a film shows, by frames taken as `frameWish` has it; undefined where there is too little to see. */
export function filmSeen(frames: readonly Raster[]): Seen | undefined {
  const kept: Uint8Array[] = [];
  for (const frame of frames) {
    const { hash, quality } = pdq(frame);
    if (quality >= leastQuality && kept.every((other) => bitsApart(other, hash) > sameFrame)) kept.push(hash);
  }
  if (kept.length === 0) return undefined;
  const value = new Uint8Array(hashBytes * kept.length);
  kept.forEach((hash, i) => void value.set(hash, hashBytes * i));
  return { print: { alg: sightMethod.alg, value }, probe: sightProbe(spread(kept).map((hash) => [hash])) };
}

const spread = <T>(all: readonly T[]): T[] => {
  const count = Math.min(all.length, mostAsked);
  return Array.from({ length: count }, (_, i) => all[Math.floor(((i + 0.5) * all.length) / count)] as T);
};

const hashesOf = (value: Uint8Array): Uint8Array[] =>
  Array.from({ length: value.length / hashBytes }, (_, i) => value.subarray(i * hashBytes, (i + 1) * hashBytes));
const whole = (value: Uint8Array): boolean => value.length > 0 && value.length % hashBytes === 0;

const bandCount = 12;
const bandBits = 21;

/** 12 numbers of 21 bits, each with its place in front; four bits of the hash are left over. */
const bands = (hash: Uint8Array): number[] =>
  Array.from({ length: bandCount }, (_, band) => {
    let key = band << bandBits;
    for (let i = 0, at = band * bandBits; i < bandBits; i++, at++) key |= (((hash[at >> 3] as number) >> (at & 7)) & 1) << i;
    return key;
  });

/**
 * Keys to look under: each band and what is one bit off. Of two hashes up to 23 bits apart some band is at most one bit apart (pigeonhole), so
 * all of them are found: multi-index hashing (Norouzi, Punjani and Fleet, CVPR 2012); of those 31 bits apart 97 %. Copies are seldom 20 apart.
 * Bands of 16 bits would find all up to 31, but each picture would meet 45,000 of a million others; with 21 it meets 1,400.
 */
const around = (hash: Uint8Array): number[] =>
  bands(hash).flatMap((key) => [key, ...Array.from({ length: bandBits }, (_, bit) => key ^ (1 << bit))]);

/** Distance in 256ths that PDQ's makers advise. */
const bitsLimit = 31;

function sightProbe(sights: readonly Sight[]): Probe {
  const needed = agreeing(sights.length);
  const nearest = (sight: Sight, stored: readonly Uint8Array[]): number =>
    Math.min(...stored.map((hash) => Math.min(...sight.map((one) => bitsApart(one, hash)))));
  return {
    alg: sightMethod.alg,
    keys: [...new Set(sights.flat().flatMap(around))],
    asks: sights.map(joined),
    distance(value) {
      if (!whole(value)) return Number.POSITIVE_INFINITY;
      const stored = hashesOf(value);
      const bits = sights.map((sight) => nearest(sight, stored)).sort((a, b) => a - b);
      return (bits[needed - 1] as number) / (8 * hashBytes);
    },
  };
}

function joined(sight: Sight): Uint8Array {
  const out = new Uint8Array(hashBytes * sight.length);
  sight.forEach((hash, i) => void out.set(hash, hashBytes * i));
  return out;
}

export const sightMethod: Method = {
  alg: "org.inkseal.pdq.1",
  limit: bitsLimit / (8 * hashBytes),
  // Kodak photos and squares of them against those of other photos; the nearest pair was at 0.32
  falseLinks: { found: 0, of: 116_126 },
  keys: (value) => [...new Set(hashesOf(value).flatMap(bands))],
  probe: (value) => (whole(value) ? sightProbe(spread(hashesOf(value)).map((hash) => [hash])) : undefined),
  ask: (asks) => sightProbe(asks.map(hashesOf)),
};
