import { fromUtf8 } from "@inkseal/codec";
import type { Provenance } from "@inkseal/core";
import type { AigcCarried } from "../aigc/verdict.ts";
import { aigcInXmp, iptcVerdict, pictureWords, withGeneratedXmp } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { aigcMark, type Format, iptcMark } from "./format.ts";

/** A picture's container that has one place for XMP, and no label of its own. */
export interface XmpPlace {
  /** Every packet in the file. Throws `bad-file`. */
  packets(bytes: Uint8Array): readonly Uint8Array[];
  /** The file with this packet and no other; undefined when it cannot hold one. */
  withPacket(bytes: Uint8Array, packet: string): Uint8Array | undefined;
}

/** AIGC and IPTC in the XMP packet, and an alternative text where there is none. */
export const xmpFormat = (place: XmpPlace): Format => ({
  metadata(bytes, aigc, { source, locale }) {
    const type = digitalSourceType(source);
    const packet = withGeneratedXmp(textsOf(place.packets(bytes))[0], aigc, type, pictureWords[locale]);
    const out = place.withPacket(bytes, packet);
    if (out === undefined) return undefined;
    // a file whose own tables contradict each other may take the packet where nobody finds it
    const [found, more] = textsOf(place.packets(out)).flatMap(aigcInXmp);
    return found === aigc && more === undefined ? { bytes: out, marks: [aigcMark("xmp"), iptcMark(type)] } : undefined;
  },
  async read(bytes) {
    const xmp = textsOf(place.packets(bytes));
    const aigc: AigcCarried[] = xmp.flatMap(aigcInXmp).map((text) => ({ carrier: "xmp", text }));
    return { aigc, iptc: iptcVerdict(xmp) };
  },
});

export const textsOf = (packets: readonly Uint8Array[]): string[] => packets.flatMap((p) => fromUtf8(p) ?? []);

/** A packet with IPTC alone, for containers that carry AIGC elsewhere; `alternative` as the alternative text where there is none. */
export function withIptcXmp(packets: readonly Uint8Array[], source: Provenance["source"], alternative?: string): string {
  return withGeneratedXmp(textsOf(packets)[0], undefined, digitalSourceType(source), alternative);
}
