import type { Locale } from "./locale.ts";
import type { LayerVerdict } from "./verdict.ts";

type Said = Readonly<Record<LayerVerdict["status"], string>>;

const chinese: Readonly<Record<LayerVerdict["layer"], Said>> = {
  label: {
    valid: "看得见、听得见的标识在",
    untrusted: "标识不完整",
    invalid: "标识与内容不符",
    absent: "没有找到标识",
  },
  aigc: {
    valid: "符合 GB 45438-2025 附录 E；未签名",
    untrusted: "不合 GB 45438-2025 附录 E",
    invalid: "读不懂，或与已签名的清单不符",
    absent: "没有 AIGC 元数据",
  },
  iptc: {
    valid: "写明是生成的；未签名",
    untrusted: "写法不明",
    invalid: "写法不对",
    absent: "没有写内容的来源类型（DigitalSourceType）",
  },
  c2pa: {
    valid: "签名成立，各项断言与内容的哈希相符，签名者可信",
    untrusted: "与内容没有矛盾，但有一处不能采信",
    invalid: "与内容不符，或自身不成立",
    absent: "没有 C2PA 清单",
  },
  watermark: {
    valid: "有本站的水印，且与内容相合",
    untrusted: "有本站水印的痕迹，但内容不能证实：可能是从别处搬来的，或改动太大、线索太少",
    invalid: "水印与内容不符",
    absent: "没有找到本站的水印：从来没有，或已经丢失",
  },
};

/**
 * What a layer's verdict means, in words of a language. English is the verdict's own `detail`; Chinese says the verdict, and where something is
 * wrong quotes the detail, which names the standard's status code.
 */
export function layerMeaning({ layer, status, detail, data }: LayerVerdict, locale: Locale): string {
  if (locale === "en") return detail;
  const { chance } = data;
  const clear = layer === "watermark" && status === "valid" && typeof chance === "number";
  if (clear) return `有本站的水印；这么清楚的，碰巧出现的可能性小于 ${chance.toExponential(0)}`;
  const said = chinese[layer][status];
  return status === "absent" || status === "valid" || detail === "" ? said : `${said}（${detail}）`;
}
