import type { Raster } from "@inkseal/codec";
import { bindingScore, contentSigns, following } from "../image/binding.ts";
import { checkKeys, type Found, found, leastSeen, readSignal } from "../image/detect.ts";
import { patternOf } from "../image/pattern.ts";
import type { Plane, Planes } from "../image/plane.ts";
import { workingPlanes } from "../image/shrink.ts";
import { signalOf } from "../image/signal.ts";

/**
 * What moves shows more of itself than a picture: of 81 marks carried from film to film 5 scored above 2.33, six times what chance gives; genuine CRF 28
 * copies score 5.6 and more.
 */
const bindingAccepted = 4;

/**
 * Looks for a mark of a key, or of any of several, in frames of a film, of one size and in any order; undefined when there is none. The flattened
 * frames are added up: all carry the same tile, while what moves averages out. Throws `bad-request` for a key that has not 32 bytes.
 */
export function detectVideo(frames: readonly Raster[], ...keys: readonly Uint8Array[]): Found | undefined {
  checkKeys(keys);
  const [first] = frames;
  if (first === undefined || Math.min(first.width, first.height) < leastSeen) return undefined;
  const seen = frames.map((frame) => {
    const planes = workingPlanes(frame);
    return { luma: planes.luma, signal: signalOf(planes) };
  });
  const read = readSignal(sum(seen.map(({ signal }) => signal)), keys);
  if (read === undefined) return undefined;
  const { pose, payload, shares } = read;
  const key = keys[read.key] as Uint8Array;
  // what the frames themselves show gives the binding lines their signs, each frame its own
  const followed = seen.map(({ luma, signal }) => following(signal, contentSigns(luma, pose, key, payload)));
  return found(read, bindingScore(sum(followed), pose, patternOf(key).binding, shares), bindingAccepted);
}

const sum = (all: readonly Planes[]): Planes => ({
  luma: summed(all.map((p) => p.luma)),
  chroma: summed(all.map((p) => p.chroma)),
});

function summed(planes: readonly Plane[]): Plane {
  const { width, height } = planes[0] as Plane;
  const data = new Float32Array(width * height);
  for (const plane of planes) for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) + (plane.data[i] as number);
  return { width, height, data };
}
