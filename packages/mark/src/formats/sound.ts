import type { SoundDecoder } from "../video/coder.ts";
import type { Format } from "./format.ts";
import { soundVerdict } from "./wav-watermark.ts";

/** A compressed sound, which is listened to for a watermark where somebody decodes it. What it carries was put in before it was compressed. */
export const soundFormat = (container: Format, sound: SoundDecoder | undefined): Format => ({
  ...container,
  async read(bytes, watermarkKey) {
    const reading = await container.read(bytes);
    const heard = watermarkKey && (await sound?.decode(bytes).catch(() => undefined));
    return { ...reading, ...(heard && watermarkKey && { watermark: soundVerdict([heard.samples], heard.rate, watermarkKey) }) };
  },
});
