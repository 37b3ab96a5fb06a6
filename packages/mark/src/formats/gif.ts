import { gifXmp, gifXmpPacket, parseGif, utf8, writeGif } from "@inkseal/codec";
import { xmpFormat } from "./xmp.ts";

/** XMP in its application extension (Adobe XMP part 3, 1.1.2), first in the file. */
export const gifFormat = xmpFormat({
  packets: (bytes) => parseGif(bytes).blocks.flatMap((b) => gifXmpPacket(b) ?? []),
  withPacket(bytes, packet) {
    const gif = parseGif(bytes);
    const others = gif.blocks.filter((b) => gifXmpPacket(b) === undefined);
    return writeGif({ ...gif, blocks: [gifXmp(utf8(packet)), ...others] });
  },
});
