import { readFileSync } from "node:fs";
import { decodePng, parsePng } from "@inkseal/codec";
import { InksealError, type Plan, parseBrief } from "@inkseal/core";
import { beforeAll, expect, test } from "vitest";
import type { Maker } from "../creator.ts";
import { nodePlace, weightsFolder } from "../node/index.ts";
import { mainColour } from "./colours.ts";
import { picture } from "./index.ts";
import type { PictureJob } from "./job.ts";

let maker: Maker<PictureJob>;
beforeAll(async () => {
  maker = await picture.open(nodePlace(weightsFolder("picture"), 1));
});
async function drawn(text: string, own = {}): Promise<Float32Array> {
  const brief = parseBrief({ task: "image", text, controls: { size: "64x64", quality: "medium", own } });
  const job = await picture.jobOf({ kind: "plan", version: 1, brief, model: "inkseal-picture" } as Plan, 1);
  for await (const chunks of maker.make(job, new AbortController().signal))
    for (const { media } of chunks) {
      if (media === undefined) continue;
      const { data } = decodePng(parsePng(media.bytes));
      return Float32Array.from(data, (value, i) => (i % 4 === 3 ? value / 255 : (value * data[i | 3]!) / 255 ** 2));
    }
  throw new InksealError("internal", "nothing was drawn");
}
/** Of what can be seen, the share in which red rules: more by 0.15 than green and blue. */
function reddish(pixels: Float32Array): number {
  let [red, all] = [0, 0];
  for (let i = 0; i < pixels.length; i += 4) {
    if (pixels[i + 3]! < 0.5) continue;
    all++;
    if (pixels[i]! > Math.max(pixels[i + 1]!, pixels[i + 2]!) + 0.15) red++;
  }
  return red / all;
}
// held out of training: its colour comes from the words. Asked in Chinese, 红苹果, it is red in 40 % only, a known weakness
test("red apple is mostly red", async () => {
  expect(reddish(await drawn("red apple"))).toBeGreaterThan(0.5);
});
test.each(["red heart", "红色的心"])("%s is mostly red", async (text) => {
  expect(mainColour(await drawn(text))).toMatchObject({ colour: "red" });
});
test.each([
  ["blue heart", "blue"],
  ["绿色的心", "green"],
] as const)("%s is mostly %s", async (text, colour) => {
  expect(mainColour(await drawn(text))).toMatchObject({ colour });
});
test("the card says what the weights are", () => {
  const card = readFileSync(`${weightsFolder("picture")}README.md`, "utf8");
  for (const word of ["Digest of drawings", "CC-BY", "Bad at", "R@1", "copy rate"]) expect(card).toContain(word);
});
