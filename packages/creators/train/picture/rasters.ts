import { createHash } from "node:crypto";
import sharp from "sharp";
import { corpora } from "../corpora.ts";
import { art, type Concept, type Style } from "./concepts.ts";

interface IconSet {
  readonly icons: Record<string, { readonly body: string; readonly width?: number; readonly height?: number }>;
  readonly aliases?: Record<string, { readonly parent: string }>;
  readonly width?: number;
  readonly height?: number;
}
/** A picture of the training set: 64 × 64 pixels, red, green, blue times alpha, and alpha. */
export interface Drawn {
  readonly concept: number;
  readonly style: Style;
  readonly pixels: Uint8Array;
}
export const side = 64;
/** A little air on all sides, so that shifted pictures are whole. */
const margin = 1.06;

/** Draws every concept in every style that has it, and tells the digest of the drawings it was made from. */
export async function drawAll(
  concepts: readonly Concept[],
  require: NodeJS.Require = corpora(),
): Promise<{ readonly pictures: Drawn[]; readonly digest: string }> {
  const pictures: Drawn[] = [];
  const digest = createHash("sha256");
  for (const style of Object.keys(art) as Style[]) {
    const set = require(`${art[style].package}/icons.json`) as IconSet;
    const own = require(`${art[style].package}/chars.json`) as Record<string, string>;
    const byCode = Object.keys(own).length > 0 ? own : (require(`${art.noto.package}/chars.json`) as Record<string, string>);
    for (const [concept, { hexcode }] of concepts.entries()) {
      const name = byCode[hexcode.toLowerCase()] ?? byCode[hexcode.toLowerCase().replaceAll("-fe0f", "")];
      if (name === undefined) continue;
      // two sets have no table of code points: one is named as Noto is, the other without hyphens
      const icon = [name, name.replaceAll("-", ""), name.replace(/-face$|^red-|^face-with-/, "").replaceAll("-", "")]
        .map((key) => set.icons[key] ?? set.icons[set.aliases?.[key]?.parent ?? ""])
        .find((found) => found !== undefined);
      if (icon === undefined) continue;
      digest.update(`${style} ${hexcode} ${icon.body}\n`);
      pictures.push({
        concept,
        style,
        pixels: await draw(icon.body, icon.width ?? set.width ?? 16, icon.height ?? set.height ?? 16),
      });
    }
  }
  return { pictures, digest: digest.digest("hex") };
}
async function draw(body: string, width: number, height: number): Promise<Uint8Array> {
  const edge = Math.max(width, height) * margin;
  const box = `${(width - edge) / 2} ${(height - edge) / 2} ${edge} ${edge}`;
  // drawn larger, for edges without steps
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="${box}" width="${4 * side}" height="${4 * side}">${body}</svg>`;
  const pixels = await sharp(Buffer.from(svg)).resize(side, side, { kernel: "cubic" }).ensureAlpha().raw().toBuffer();
  for (let i = 0; i < pixels.length; i += 4)
    for (let c = 0; c < 3; c++) pixels[i + c] = Math.round((pixels[i + c]! * pixels[i + 3]!) / 255);
  return Uint8Array.from(pixels);
}
