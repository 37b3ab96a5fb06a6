import { readXmp, setXmp, type XmpProperty } from "@inkseal/codec";
import { InksealError, type LayerVerdict, type Localised } from "@inkseal/core";

const tc260 = "http://www.tc260.org.cn/ns/AIGC/1.0/";
const iptc = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
const iptcCore = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/";
const altText = "AltTextAccessibility";
const sourceTypes = "http://cv.iptc.org/newscodes/digitalsourcetype/";
/** Values of the IPTC vocabulary that say a machine made it or took part. */
const generated = ["trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "algorithmicMedia", "compositeSynthetic"];

/**
 * The packet with the AIGC field (TC260-PG-20259A) and the IPTC digital source type, everything else kept.
 * A packet that no reader could parse is replaced. Without `aigc`, which then has its own place in the container, a field
 * that stands here is taken out. `alternative`: the alternative text of a picture that has none (IPTC, Alt Text (Accessibility)).
 */
export function withGeneratedXmp(
  packet: string | undefined,
  aigc: string | undefined,
  digitalSourceType: string,
  alternative?: string,
): string {
  const properties: XmpProperty[] = [
    { ns: tc260, prefix: "TC260", name: "AIGC", value: aigc },
    { ns: iptc, prefix: "Iptc4xmpExt", name: "DigitalSourceType", value: digitalSourceType },
  ];
  // whoever cannot see the label hears it; words that somebody wrote stay
  if (alternative !== undefined && quietly(packet ?? "", iptcCore, altText).length === 0)
    properties.push({ ns: iptcCore, prefix: "Iptc4xmpCore", name: altText, value: alternative, words: true });
  try {
    return setXmp(packet, properties);
  } catch (error) {
    if (packet === undefined || !InksealError.is(error)) throw error;
    return setXmp(undefined, properties);
  }
}

/** What the alternative text of a picture or a film says where nobody described it. */
export const pictureWords: Localised = { "zh-CN": "人工智能生成的图片", en: "AI-generated picture" };

export const filmWords: Localised = { "zh-CN": "人工智能生成的视频", en: "AI-generated film" };

export const aigcInXmp = (packet: string): string[] => quietly(packet, tc260, "AIGC");

/** The IPTC layer of XMP packets. */
export const iptcVerdict = (packets: readonly string[]): LayerVerdict =>
  iptcFromValues(packets.flatMap((p) => quietly(p, iptc, "DigitalSourceType")));

/** The IPTC layer. A source type that is not generated (a photograph) is `absent`: it is no mark of ours to find. */
export function iptcFromValues(found: readonly string[]): LayerVerdict {
  const base = { layer: "iptc", method: "iptc.digitalsourcetype" } as const;
  const values = found.map((v) => v.slice(0, 256));
  const hit = values.find((v) => generated.some((g) => v === sourceTypes + g || v === g));
  if (hit !== undefined)
    return { ...base, status: "valid", detail: "says generated; unsigned", data: { digitalSourceType: hit } };
  return { ...base, status: "absent", detail: values[0] ?? "no DigitalSourceType", data: {} };
}

function quietly(packet: string, ns: string, name: string): string[] {
  try {
    return readXmp(packet, ns, name);
  } catch {
    return [];
  }
}
