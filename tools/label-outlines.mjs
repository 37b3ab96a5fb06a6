// Writes the outlines of the words of labels once, as PDF path operators, into packages/mark/src/label/outlines.gen.ts.
// Needs the font Noto Sans SC Bold (SIL Open Font License 1.1) and fontkit, which are not dependencies:
//   npm pack @fontsource/noto-sans-sc && tar xzf fontsource-noto-sans-sc-*.tgz && npm install --no-save fontkit
//   node tools/label-outlines.mjs package/files
import { readFileSync, writeFileSync } from "node:fs";
import { create } from "fontkit";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node tools/label-outlines.mjs FONT_FOLDER");
const face = (subset) => create(readFileSync(`${folder}/noto-sans-sc-${subset}-700-normal.woff2`));
const faces = { chinese: face("chinese-simplified"), latin: face("latin") };
const words = "（本内容由人工智能生成）(AI-generated content)";

/** Quadratic curves become cubic ones: PDF has no other (ISO 32000-2, 8.5.2.2). */
function operators(commands) {
  const out = [];
  let [x, y] = [0, 0];
  const r = Math.round;
  for (const { command, args } of commands) {
    const [a, b, c, d, e, f] = args;
    if (command === "moveTo") out.push(`${r(a)} ${r(b)} m`);
    else if (command === "lineTo") out.push(`${r(a)} ${r(b)} l`);
    else if (command === "bezierCurveTo") out.push(`${[a, b, c, d, e, f].map(r).join(" ")} c`);
    else if (command === "quadraticCurveTo") {
      const third = (from, to) => r(from + (2 / 3) * (to - from));
      out.push(`${third(x, a)} ${third(y, b)} ${third(c, a)} ${third(d, b)} ${r(c)} ${r(d)} c`);
    } else out.push("h");
    if (args.length > 0) [x, y] = args.slice(-2);
  }
  return `${out.join(" ")} f`.replace("  ", " ");
}

let out = "// Made by tools/label-outlines.mjs from Noto Sans SC Bold (SIL Open Font License 1.1). Do not edit.\n\n";
out += "/** Advance and PDF path of each letter of the labels, in thousandths of an em; capitals are 741 high. */\n";
out += "export const outlines: Readonly<Record<string, readonly [advance: number, path: string]>> = {\n";
for (const letter of [...new Set(words)].sort()) {
  const font = letter.codePointAt(0) < 0x2e80 ? faces.latin : faces.chinese;
  const { advanceWidth, path } = font.glyphForCodePoint(letter.codePointAt(0));
  const drawn = path.commands.length === 0 ? "" : operators(path.commands);
  out += `  ${JSON.stringify(letter)}: [${advanceWidth}, "${drawn}"],\n`;
}
writeFileSync(new URL("../packages/mark/src/label/outlines.gen.ts", import.meta.url), `${out}};\n`);
