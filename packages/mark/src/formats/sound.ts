import { InksealError, type LayerVerdict } from "@inkseal/core";
import type { SoundCoder } from "../video/coder.ts";
import type { Content, ContentWish, Format } from "./format.ts";
import { labelInPcm, wavFormatMarks } from "./wav.ts";
import { soundVerdict } from "./wav-watermark.ts";

/** A compressed sound: decoded to be labelled, watermarked and listened to, as far as somebody does that. */
export const soundFormat = (container: Format, coder: SoundCoder | undefined): Format => ({
  ...container,
  content: (bytes, wish) => content(bytes, wish, coder),
  async read(bytes, watermarkKey) {
    const reading = await container.read(bytes);
    return { ...reading, ...(coder && (await listen(bytes, watermarkKey, coder))) };
  },
});

async function content(bytes: Uint8Array, wish: ContentWish, coder: SoundCoder | undefined): Promise<Content | undefined> {
  if (wish.watermarkKey === undefined && wish.policy.marks.audio === "none") return undefined;
  const unmarked = (why: string): Content => ({ bytes, marks: [], warnings: [`the sound itself carries no mark: ${why}`] });
  if (coder === undefined) return unmarked("nothing here decodes it");
  try {
    let marked: Content | undefined;
    const remade = await coder.remake(bytes, async (wav) => {
      marked = await wavFormatMarks.content?.(wav, wish);
      return marked?.bytes ?? wav;
    });
    if (remade === undefined) return unmarked("it is too long, or of a kind that is not coded here");
    return marked && { ...marked, bytes: remade };
  } catch (error) {
    if (error instanceof InksealError) return unmarked(error.message);
    throw error;
  }
}

/** Label and watermark of what is decoded of it, nothing where nothing can be. */
async function listen(
  bytes: Uint8Array,
  watermarkKey: Uint8Array | undefined,
  coder: SoundCoder,
): Promise<{ readonly label: LayerVerdict; readonly watermark?: LayerVerdict } | undefined> {
  const heard = await coder.decode(bytes).catch(() => undefined);
  if (heard === undefined) return undefined;
  const { samples, rate } = heard;
  const pcm = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  return {
    label: labelInPcm(pcm, { encoding: "float", bits: 32, channels: 1, rate }),
    ...(watermarkKey && { watermark: soundVerdict([samples], rate, watermarkKey) }),
  };
}
