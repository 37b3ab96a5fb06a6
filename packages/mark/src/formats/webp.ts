import { parseRiff, type Riff, utf8, webpCanvas, webpXmp, withWebpXmp, writeRiff } from "@inkseal/codec";
import { xmpFormat } from "./xmp.ts";

function webp(bytes: Uint8Array): Riff {
  const riff = parseRiff(bytes);
  webpCanvas(riff); // a broken picture is refused
  return riff;
}

/** XMP in its chunk (RFC 9649, 2.7.1.5). */
export const webpFormat = xmpFormat({
  packets: (bytes) => [webpXmp(webp(bytes)) ?? []].flat(),
  withPacket: (bytes, packet) => writeRiff(withWebpXmp(webp(bytes), utf8(packet))),
});
