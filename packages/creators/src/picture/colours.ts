/** Eleven colours that have a name of their own in most languages (Berlin & Kay 1969), with the words that prompts use. */
export const colourWords = {
  red: ["red", "红"],
  orange: ["orange", "橙"],
  yellow: ["yellow", "黄"],
  green: ["green", "绿"],
  blue: ["blue", "蓝"],
  purple: ["purple", "紫"],
  pink: ["pink", "粉"],
  brown: ["brown", "棕"],
  black: ["black", "黑"],
  white: ["white", "白"],
  grey: ["gray", "灰"],
} as const;
export type Colour = keyof typeof colourWords;

/** The name of a colour, each part 0 to 1. */
export function colourOf(r: number, g: number, b: number): Colour {
  const top = Math.max(r, g, b);
  const span = top - Math.min(r, g, b);
  const light = (top + Math.min(r, g, b)) / 2;
  const vivid = top === 0 ? 0 : span / top;
  if (top < 0.26) return "black";
  if (vivid < 0.16) return light > 0.85 ? "white" : light < 0.28 ? "black" : "grey";
  const hue = 60 * (top === r ? ((g - b) / span + 6) % 6 : top === g ? (b - r) / span + 2 : (r - g) / span + 4);
  if (hue < 14 || hue >= 345) return vivid < 0.55 && top > 0.75 ? "pink" : top < 0.55 ? "brown" : "red";
  if (hue < 42) return top < 0.72 || vivid < 0.5 ? "brown" : "orange";
  if (hue < 70) return top < 0.55 ? "brown" : "yellow";
  if (hue < 165) return "green";
  if (hue < 255) return "blue";
  if (hue < 295) return "purple";
  return top > 0.7 ? "pink" : "purple";
}
/** The colour of most of what is not transparent, and its share; pixels are colours times alpha, and alpha, 0 to 1. */
export function mainColour(pixels: Float32Array): { readonly colour: Colour; readonly share: number } | undefined {
  const counts = new Map<Colour, number>();
  let all = 0;
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3]!;
    if (alpha < 0.5) continue;
    const colour = colourOf(pixels[i]! / alpha, pixels[i + 1]! / alpha, pixels[i + 2]! / alpha);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
    all++;
  }
  const [best] = [...counts].sort((a, b) => b[1] - a[1]);
  return best && { colour: best[0], share: best[1] / all };
}
