import { InksealError, type LayerVerdict } from "@inkseal/core";
import type { SoundCoder } from "../video/coder.ts";
import type { Content, ContentWish, Format } from "./format.ts";
import { labelInPcm, wavFormatMarks } from "./wav.ts";
import { soundVerdict } from "./wav-watermark.ts";

/** A compressed sound: decoded to be labelled, watermarked and listened to, as far as somebody does that. */
export const soundFormat = (container: Format, coder: SoundCoder | undefined): Format => ({
  ...container,
  async content(bytes, wish) {
    if (wish.watermarkKey === undefined && wish.policy.marks.audio === "none") return undefined;
    const unmarked = "the sound itself carries no mark";
    if (coder === undefined) return { bytes, marks: [], warnings: [`${unmarked}: nothing here decodes it`] };
    const why = "it is too long, or of a kind that is not coded here";
    return (await markedSound(bytes, wish, coder, unmarked)) ?? { bytes, marks: [], warnings: [`${unmarked}: ${why}`] };
  },
  async read(bytes, watermarkKey) {
    return { ...(await container.read(bytes)), ...(await listen(bytes, watermarkKey, coder)) };
  },
});

/**
 * A file with label and watermark in its first sound, whose marks are those of a WAV file. Undefined where nothing is wanted or the coder does
 * not change it; where it fails the file as it was, with a warning that begins with `unmarked`.
 */
export async function markedSound(
  bytes: Uint8Array,
  wish: ContentWish,
  coder: SoundCoder,
  unmarked: string,
): Promise<Content | undefined> {
  if (wish.watermarkKey === undefined && wish.policy.marks.audio === "none") return undefined;
  try {
    let marked: Content | undefined;
    const remade = await coder.remake(bytes, async (wav) => {
      marked = await wavFormatMarks.content?.(wav, wish);
      return marked?.marks.length ? marked.bytes : undefined;
    });
    return remade && marked && { ...marked, bytes: remade };
  } catch (error) {
    if (error instanceof InksealError) return { bytes, marks: [], warnings: [`${unmarked}: ${error.message}`] };
    throw error;
  }
}

/** Label and watermark of what is decoded of it, nothing where nothing can be. */
export async function listen(
  bytes: Uint8Array,
  watermarkKey: Uint8Array | undefined,
  coder: SoundCoder | undefined,
): Promise<{ readonly label: LayerVerdict; readonly watermark?: LayerVerdict } | undefined> {
  const heard = await coder?.decode(bytes).catch(() => undefined);
  if (heard === undefined) return undefined;
  const { samples, rate } = heard;
  const pcm = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  return {
    label: labelInPcm(pcm, { encoding: "float", bits: 32, channels: 1, rate }),
    ...(watermarkKey && { watermark: soundVerdict([samples], rate, watermarkKey) }),
  };
}
