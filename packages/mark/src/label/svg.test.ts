import { describe, expect, it } from "vitest";
import { drawSvgCorner, readSvgCorner } from "./svg.ts";

const svg = (attributes: string, inside = '<circle r="4"/>'): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>${inside}</svg>`;

describe("the corner label of a drawing", () => {
  it.each([
    ['viewBox="0 0 400 200"', 200],
    ['viewBox="-50,-50,100,100" width="9cm"', 100],
    ['width="300" height="600px"', 300],
  ])("stands in the lower right, its capitals at least 5 %% of the shortest side: %s", (attributes, shortest) => {
    const drawn = drawSvgCorner(svg(attributes), "zh-CN")!;
    expect(readSvgCorner(drawn.svg)).toBe("AI生成");
    const size = Number(/font-size="([\d.]+)"/.exec(drawn.svg)![1]);
    expect(size * 0.7).toBeGreaterThanOrEqual(0.05 * shortest);
    expect(drawn.svg.endsWith("</g></svg>")).toBe(true);
  });
  it("speaks the prefix of the drawing", () => {
    const prefixed = '<s:svg xmlns:s="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><s:g></s:g></s:svg>';
    const drawn = drawSvgCorner(prefixed, "en")!;
    expect(drawn.svg).toContain("</s:text></s:g></s:svg>");
    expect(readSvgCorner(drawn.svg)).toBe("AI-generated");
  });
  it("is left out where a drawing has no size of its own or no inside", () => {
    expect(drawSvgCorner(svg('width="100%" height="50%"'), "en")).toBeUndefined();
    expect(drawSvgCorner(svg('viewBox="0 0 x 4"'), "en")).toBeUndefined();
    expect(drawSvgCorner('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>', "en")).toBeUndefined();
    expect(readSvgCorner(svg('viewBox="0 0 9 9"'))).toBeUndefined();
  });
});
