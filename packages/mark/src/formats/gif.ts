import { gifFirst, gifXmp, gifXmpPacket, parseGif, utf8, writeGif } from "@inkseal/codec";
import { labelGif } from "../label/gif.ts";
import type { Format } from "./format.ts";
import { cornerMethod, pictureReading } from "./picture.ts";
import { xmpFormat } from "./xmp.ts";

/** XMP in its application extension (Adobe XMP part 3, 1.1.2), first in the file. */
const described = xmpFormat({
  packets: (bytes) => parseGif(bytes).blocks.flatMap((b) => gifXmpPacket(b) ?? []),
  withPacket(bytes, packet) {
    const gif = parseGif(bytes);
    const others = gif.blocks.filter((b) => gifXmpPacket(b) === undefined);
    return writeGif({ ...gif, blocks: [gifXmp(utf8(packet)), ...others] });
  },
});

/** Label on every frame. No watermark: 256 colours drown it. */
export const gifFormat: Format = {
  ...described,
  async content(bytes, { policy, provenance }) {
    const drawn = policy.marks.image === "none" ? undefined : labelGif(parseGif(bytes), provenance.locale);
    if (drawn === undefined) return undefined;
    return { bytes: writeGif(drawn.gif), marks: [{ layer: "label", method: cornerMethod, data: { ...drawn.label } }] };
  },
  async read(bytes) {
    const first = { decode: async (file: Uint8Array) => gifFirst(parseGif(file)), orientation: () => 1 };
    return { ...(await described.read(bytes)), ...(await pictureReading(first, bytes, undefined)) };
  },
};
