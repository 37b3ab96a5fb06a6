import { matroskaTags, parseMatroska, withMatroskaTags } from "@inkseal/codec";
import { iptcFromValues } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { aigcMark, type Format, iptcMark } from "./format.ts";

const [aigcName, sourceName] = ["AIGC", "DigitalSourceType"];

/** AIGC as a simple tag (TC260-PG-20257A), the IPTC source type as another. C2PA names no place in Matroska. */
export const matroskaFormat: Format = {
  metadata(bytes, aigc, { source }) {
    const type = digitalSourceType(source);
    const out = withMatroskaTags(bytes, parseMatroska(bytes), [
      { name: aigcName, value: aigc },
      { name: sourceName, value: type },
    ]);
    return out && { bytes: out, marks: [aigcMark("matroska.tag"), iptcMark(type)] };
  },
  async read(bytes) {
    const tags = matroskaTags(bytes, parseMatroska(bytes));
    const values = (name: string): string[] => tags.filter((t) => t.name === name).map((t) => t.value);
    return {
      aigc: values(aigcName).map((text) => ({ carrier: "matroska.tag", text })),
      iptc: iptcFromValues(values(sourceName)),
    };
  },
};
