// Draws the words of the corner label once, as alpha bitmaps, into packages/mark/src/label/glyphs.gen.ts.
// Needs Chromium, and the font Noto Sans SC Bold (SIL Open Font License 1.1), which is not a dependency:
//   npm pack @fontsource/noto-sans-sc && tar xzf fontsource-noto-sans-sc-*.tgz
//   node tools/label-glyphs.mjs package/files /usr/bin/chromium
import { readFileSync, writeFileSync } from "node:fs";
import { zlibSync } from "fflate";
import { chromium } from "playwright-core";

const [folder, executablePath = "/usr/bin/chromium"] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node tools/label-glyphs.mjs FONT_FOLDER [CHROMIUM]");
const face = (subset) => readFileSync(`${folder}/noto-sans-sc-${subset}-700-normal.woff2`).toString("base64");
const words = { "zh-CN": "AI生成", en: "AI-generated" };

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage();
const drawn = await page.evaluate(
  async ({ words, faces }) => {
    for (const data of faces) {
      const font = new FontFace("Label", `url(data:font/woff2;base64,${data.base64})`, { unicodeRange: data.range });
      document.fonts.add(await font.load());
    }
    const ink = (text, size) => {
      const canvas = new OffscreenCanvas(size * text.length * 1.2, size * 2);
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.font = `${size}px Label`;
      context.textBaseline = "alphabetic";
      context.fillText(text, size / 4, size * 1.4);
      const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
      let [left, right, top, bottom] = [width, 0, height, 0];
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          if (data[(y * width + x) * 4 + 3] >= 128) {
            left = Math.min(left, x);
            right = Math.max(right, x);
            top = Math.min(top, y);
            bottom = Math.max(bottom, y);
          }
      const alpha = [];
      for (let y = top; y <= bottom; y++) for (let x = left; x <= right; x++) alpha.push(data[(y * width + x) * 4 + 3] >> 4);
      return { width: right - left + 1, height: bottom - top + 1, alpha };
    };
    const size = 132; // px; about 96 px of capital height
    return Object.fromEntries(
      Object.entries(words).map(([locale, text]) => [locale, { text, ...ink(text, size), cap: ink("I", size).height }]),
    );
  },
  {
    words,
    faces: [
      { base64: face("chinese-simplified"), range: "U+3000-9FFF" },
      { base64: face("latin"), range: "U+20-7E" },
    ],
  },
);
await browser.close();

let out = "// Made by tools/label-glyphs.mjs from Noto Sans SC Bold (SIL Open Font License 1.1). Do not edit.\n\n";
out +=
  "/** Ink of a label: 4-bit alpha, two pixels a byte (high first), rows unpadded, zlib, base 64. `cap`: height of a capital. */\nexport const glyphs = {\n";
for (const [locale, { text, width, height, cap, alpha }] of Object.entries(drawn)) {
  const packed = new Uint8Array(Math.ceil(alpha.length / 2));
  for (const [i, a] of alpha.entries()) packed[i >> 1] |= i & 1 ? a : a << 4;
  const data = Buffer.from(zlibSync(packed, { level: 9 })).toString("base64");
  console.log(locale, text, width, height, cap, data.length);
  out += `  ${JSON.stringify(locale)}: {\n    text: ${JSON.stringify(text)},\n    width: ${width},\n    height: ${height},\n    cap: ${cap},\n    data: "${data}",\n  },\n`;
}
writeFileSync(new URL("../packages/mark/src/label/glyphs.gen.ts", import.meta.url), `${out}} as const;\n`);
