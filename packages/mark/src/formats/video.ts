import type { Raster } from "@inkseal/codec";
import { InksealError, type LayerVerdict, type Mark } from "@inkseal/core";
import { readCorner } from "../label/corner.ts";
import { videoLabel } from "../label/video.ts";
import type { Paint, SoundCoder, VideoCoder, VideoFormat } from "../video/coder.ts";
import { payloadOfRun, runStart } from "../watermark/run-id.ts";
import { detectVideo } from "../watermark/video/detect.ts";
import { videoMark } from "../watermark/video/embed.ts";
import { type Content, type ContentWish, type Format, foundLabel, noLabel } from "./format.ts";
import { pixelVerdict, videoKind } from "./pixel-verdict.ts";
import { listen, markedSound } from "./sound.ts";

const labelMethod = "gb45438.video";
/** What is looked at of a film. */
const wish = { count: 40, size: 448 };

/**
 * A format of moving pictures: marks in the frames, put on in one passage by the coder, and the watermark in the sound track, which is cut out
 * and passed on alone as often as stills are. What is visible labels a film (GB 45438-2025, 5.4); its sound carries no rhythm.
 */
export const videoFormat = (container: Format, coder: VideoCoder | undefined, sound: SoundCoder | undefined): Format => ({
  ...container,
  async content(bytes, wanted) {
    const painted = await content(bytes, wanted, coder);
    const quiet = { ...wanted, policy: { ...wanted.policy, marks: { ...wanted.policy.marks, audio: "none" as const } } };
    const sounded = sound && (await markedSound(painted?.bytes ?? bytes, quiet, sound, "the film's sound carries no mark"));
    if (sounded === undefined || painted === undefined) return sounded ?? painted;
    const warnings = [...(painted.warnings ?? []), ...(sounded.warnings ?? [])];
    return { bytes: sounded.bytes, marks: [...painted.marks, ...sounded.marks], ...(warnings.length > 0 && { warnings }) };
  },
  async read(bytes, watermarkKey) {
    const reading = { ...(await container.read(bytes)), ...(coder && (await frames(bytes, watermarkKey, coder))) };
    if (watermarkKey === undefined || reading.watermark?.status === "valid") return reading;
    const heard = (await listen(bytes, watermarkKey, sound))?.watermark;
    return heard?.status === "valid" ? { ...reading, watermark: heard } : reading;
  },
});

async function content(
  bytes: Uint8Array,
  { policy, provenance, watermarkKey, as: wanted }: ContentWish,
  coder: VideoCoder | undefined,
): Promise<Content | undefined> {
  const payload = watermarkKey && payloadOfRun(provenance.run);
  const where = policy.marks.video;
  const as = wanted === "video/mp4" || wanted === "video/webm" ? wanted : undefined;
  if (payload === undefined && where === "none" && as === undefined) return undefined;
  const kept = as === undefined ? "" : "; it stays coded without loss, as few players show it";
  const unmarked = (why: string): Content => ({
    bytes,
    marks: [],
    warnings: [`the film's frames carry no mark: ${why}${kept}`],
  });
  if (coder === undefined) return unmarked("nothing here encodes films");
  const marks: Mark[] = [];
  try {
    const painter = (format: VideoFormat): Paint | undefined => {
      const hidden = payload && videoMark(format, watermarkKey as Uint8Array, payload);
      const drawn = where === "none" ? undefined : videoLabel(format, provenance.locale, where === "corner");
      if (hidden !== undefined)
        marks.push({ layer: "watermark", method: videoKind.method, data: { run: runStart(payload as Uint8Array) } });
      if (drawn !== undefined) marks.push({ layer: "label", method: labelMethod, data: { where, ...drawn.label } });
      return both(hidden?.next, drawn?.next);
    };
    const painted = await coder.repaint(bytes, painter, as);
    return painted === undefined ? unmarked("their form would lose by it") : { bytes: painted, marks };
  } catch (error) {
    if (error instanceof InksealError) return unmarked(error.message);
    throw error;
  }
}

const both = (hidden: Paint | undefined, drawn: Paint | undefined): Paint | undefined =>
  hidden && drawn
    ? (frame) => {
        hidden(frame);
        drawn(frame);
      }
    : (hidden ?? drawn);

async function frames(
  bytes: Uint8Array,
  watermarkKey: Uint8Array | undefined,
  coder: VideoCoder,
): Promise<{ readonly label: LayerVerdict; readonly watermark?: LayerVerdict }> {
  try {
    const sample = await coder.sample(bytes, wish);
    return {
      label: labelIn(sample),
      ...(watermarkKey && { watermark: pixelVerdict(videoKind, detectVideo(sample, watermarkKey)) }),
    };
  } catch {
    return { label: { ...noLabel(labelMethod), detail: "the frames cannot be decoded" } };
  }
}

function labelIn(sample: readonly Raster[]): LayerVerdict {
  const corners = sample.flatMap((frame) => readCorner(frame) ?? []);
  // throughout, but for what a blend hides
  if (corners.length > sample.length / 2) return foundLabel(labelMethod, { where: "corner", text: corners[0]?.text });
  const opening = sample[0] && readCorner(sample[0], 1, "opening");
  return opening === undefined ? noLabel(labelMethod) : foundLabel(labelMethod, { where: "opening", text: opening.text });
}
