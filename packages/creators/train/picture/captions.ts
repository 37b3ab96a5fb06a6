import type { Random } from "@inkseal/lab";
import { type Colour, colourWords } from "../../src/picture/colours.ts";
import type { Concept } from "./concepts.ts";

const colourNames =
  /\b(red|orange|yellow|green|blue|purple|pink|brown|black|white|gray|grey)\b|[红橙黄绿蓝紫粉棕黑白灰青紅黃綠藍][色]?/g;

/** One of the many things that somebody might say to get this picture. A recoloured one loses the colours of its names. */
export function caption(concept: Concept, colour: Colour | undefined, recoloured: boolean, random: Random): string {
  const draw = random();
  const language =
    draw < 0.5 || concept.names.zh.length === 0 ? "en" : draw < 0.95 || concept.names.hant.length === 0 ? "zh" : "hant";
  const [label, ...tags] = concept.names[language];
  const some = tags.filter(() => random() < 2 / Math.max(2, tags.length));
  const named = random() < 0.85 || some.length === 0;
  const said = [...(named ? [label!] : []), ...(random() < 0.5 || !named ? some : [])].join(" ");
  const plain = recoloured ? said.replaceAll(colourNames, " ") : said;
  return colour === undefined ? plain : `${colourWords[colour][language === "en" ? 0 : 1]} ${plain}`;
}
