import { expect, it } from "vitest";
import { toSimplified, toTraditional } from "./script.ts";

it("writes verse in traditional script, telling homographs by their neighbours", () => {
  expect(toTraditional("白发三千丈，缘愁似个长。")).toBe("白髮三千丈，緣愁似箇長。");
  expect(toTraditional("皇后在后。")).toBe("皇后在後。");
  expect(toTraditional("千里江陵一日还")).toBe("千里江陵一日還");
});

it("reads traditional script", () => {
  expect(toSimplified("寫一首七律，詠梅")).toBe("写一首七律，咏梅");
  for (const text of ["秋夜", "山重水复疑无路", "后来云里发干余面", "爆竹声中，一元复始", "写一首诗，题为只有香如故"])
    expect(toSimplified(text)).toBe(text);
});
