import { expect, it } from "vitest";
import { toSimplified, toTraditional } from "./script.ts";

it("writes verse in traditional script, telling homographs by their neighbours", () => {
  expect(toTraditional("白发三千丈，缘愁似个长。")).toBe("白髮三千丈，緣愁似箇長。");
  expect(toTraditional("皇后在后。")).toBe("皇后在後。");
  expect(toTraditional("千里江陵一日还")).toBe("千里江陵一日還");
});

it("reads traditional script", () => {
  expect(toSimplified("寫一首七律，詠梅")).toBe("写一首七律，咏梅");
  expect(toSimplified("秋夜")).toBe("秋夜");
});
