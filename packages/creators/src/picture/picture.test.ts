import { decodePng, encodePng, parsePng, writePng } from "@inkseal/codec";
import { type Chunk, InksealError, type Plan, parseBrief } from "@inkseal/core";
import { seededRandom } from "@inkseal/lab";
import { cpuBackend } from "@inkseal/lab/node";
import { beforeAll, expect, test } from "vitest";
import { initialAutoencoder } from "./autoencoder.ts";
import { initialDual } from "./dual.ts";
import { initialFlow } from "./flow.ts";
import { picture } from "./index.ts";
import type { PictureJob } from "./job.ts";
import { pictureMaker } from "./maker.ts";
import { type PictureConfig, pictureModel } from "./model.ts";
import { Words } from "./words.ts";

const list = ["red", "apple", "cat", "红", "猫"];
const config: PictureConfig = {
  kind: "inkseal-picture",
  styles: ["noto", "twemoji", "fluent", "fx", "blob"],
  autoencoder: { latent: 4, fine: 8, coarse: 8 },
  flow: { words: list.length, styles: 5, latent: 4, width: 16, layers: 1, hidden: 16, vector: 8 },
  dual: { words: list.length, width: 8, embedding: 8 },
  mean: [0, 0, 0, 0],
  deviation: [1, 1, 1, 1],
};
const plan = (brief: Record<string, unknown>): Plan =>
  ({
    kind: "plan",
    version: 1,
    brief: parseBrief({ task: "image", ...brief }),
    model: "inkseal-picture",
    seed: 5,
    warnings: [],
  }) as unknown as Plan;
const jobOf = async (brief: Record<string, unknown>, seed = 5): Promise<PictureJob> => picture.jobOf(plan(brief), seed);

let make: ReturnType<typeof pictureMaker>["make"];
beforeAll(() => {
  const random = seededRandom(3);
  const parts = {
    autoencoder: initialAutoencoder(config.autoencoder, random),
    flow: initialFlow(config.flow, random),
    dual: initialDual(config.dual, random),
  };
  parts.autoencoder.get("decoder.out.bias")!.data.fill(0.5); // so that there is something to see
  const weights = new Map(
    Object.entries(parts).flatMap(([part, of]) => [...of].map(([name, value]) => [`${part}/${name}`, value] as const)),
  );
  make = pictureMaker(pictureModel(config, new Words(list), weights, cpuBackend({ threads: 1, memory: 2 ** 28 }))).make;
});
async function made(job: PictureJob, signal = new AbortController().signal): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const batch of make(job, signal)) chunks.push(...batch);
  return chunks;
}
const pngOf = (chunks: readonly Chunk[], index: number) =>
  decodePng(parsePng(chunks.find((c) => c.index === index && c.media !== undefined)!.media!.bytes));
const small = { size: "128x96", steps: 2 };

test("n pictures of the asked size come one after another, with progress between, finish and usage", async () => {
  const chunks = await made(await jobOf({ text: "red apple", controls: { ...small, n: 2 } }));
  for (const index of [0, 1]) {
    const { width, height } = pngOf(chunks, index);
    expect([width, height]).toEqual([128, 96]);
    const fractions = chunks.flatMap((c) =>
      c.index === index && c.progress?.fraction !== undefined ? [c.progress.fraction] : [],
    );
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.length).toBe(2);
  }
  expect(chunks.filter((c) => c.finish === "stop")).toHaveLength(2);
  expect(chunks.at(-1)!.usage).toEqual({ images: 2, characters: 9 });
});
test("the same seed gives the same bytes, another seed others; picture k is that of seed + k", async () => {
  const bytes = async (seed: number, n = 1) =>
    (await made(await jobOf({ text: "cat", controls: { ...small, n } }, seed))).flatMap((c) =>
      c.media ? [c.media.bytes] : [],
    );
  const [first, second] = await bytes(7, 2);
  expect((await bytes(7))[0]).toEqual(first);
  expect((await bytes(8))[0]).toEqual(second);
  expect(second).not.toEqual(first);
});
test("an abort ends it between two steps", async () => {
  const stop = new AbortController();
  const job = await jobOf({ text: "cat", controls: { ...small, steps: 100 } });
  const run = async () => {
    let count = 0;
    for await (const _ of make(job, stop.signal)) if (++count === 3) stop.abort();
  };
  await expect(run()).rejects.toMatchObject({ code: "cancelled" });
});
test("JPEG and WebP are what they say", async () => {
  for (const [format, magic] of [
    ["jpeg", [0xff, 0xd8]],
    ["image/webp", [0x52, 0x49]],
  ] as const) {
    const [media] = (await made(await jobOf({ text: "cat", controls: { ...small, format } }))).flatMap((c) =>
      c.media ? [c.media] : [],
    );
    expect([...media!.bytes.subarray(0, 2)]).toEqual(magic);
    expect(media!.mediaType).toBe(format === "jpeg" ? "image/jpeg" : "image/webp");
  }
});
test("a picture with a mask: what the mask keeps stays, the rest is new", async () => {
  const data = Uint8ClampedArray.from({ length: 64 * 64 * 4 }, (_, i) => [200, 60, 40, 255][i % 4]!);
  const mask = data.slice();
  for (let i = 0; i < 32 * 64; i++) mask[4 * i + 3] = 0; // the upper half anew
  const file = (pixels: Uint8ClampedArray) => writePng(encodePng({ width: 64, height: 64, data: pixels }));
  const files = [
    { name: "a.png", mediaType: "image/png", bytes: file(data), role: "image" },
    { name: "m.png", mediaType: "image/png", bytes: file(mask), role: "mask" },
  ];
  const edit = {
    task: "image-edit",
    text: "cat",
    files,
    controls: { size: "64x64", steps: 4, own: { strength: 1, background: "ffffff" } },
  };
  const [a, b] = await Promise.all([made(await jobOf(edit, 1)), made(await jobOf(edit, 2))]);
  const half = (chunks: Chunk[], low: boolean) => pngOf(chunks, 0).data.slice(low ? 44 * 256 : 0, low ? 64 * 256 : 28 * 256);
  for (const one of [a, b])
    half(one, true).forEach((value, i) => {
      expect(Math.abs(value - data[i % 4]!)).toBeLessThan(4);
    });
  expect(half(a, false)).not.toEqual(half(b, false));
});

test.each([
  ["a realistic lion", "cannot-do", /photographs.*emoji art.*diffusion model/],
  ["给我拍一张真人照片", "cannot-do", /photographs/],
  ["portrait of a queen", "cannot-do", /portraits/],
  ["a sign that says hello", "cannot-do", /writing/],
  ["  ", "bad-request", /say what to draw/],
])("%s is refused with what the model can do", async (text, code, message) => {
  const error = await jobOf({ text }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(InksealError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
});
test("a text of which it knows no word is refused, unknown words beside known ones are told", async () => {
  await expect(made(await jobOf({ text: "quark 量子", controls: small }))).rejects.toMatchObject({
    code: "cannot-do",
    message: expect.stringMatching(/none of these words.*emoji art/),
  });
  const chunks = await made(await jobOf({ text: "quark cat", controls: small }));
  expect(chunks[0]!.progress?.note).toMatch(/quark/);
});
test("controls: what is wrong is named, style and colour come from the controls or from the words", async () => {
  const wrong = (controls: Record<string, unknown>) => jobOf({ text: "cat", controls }).catch((e: unknown) => e);
  expect(await wrong({ own: { strenght: 1 } })).toMatchObject({
    code: "bad-request",
    details: { param: "controls.own.strenght" },
  });
  expect(await wrong({ size: "8x8" })).toMatchObject({ details: { param: "controls.size" } });
  expect(await wrong({ format: "gif" })).toMatchObject({ code: "cannot-do", details: { param: "controls.format" } });
  expect(await wrong({ style: "baroque" })).toMatchObject({ details: { param: "controls.style" } });
  expect(await jobOf({ text: "a twemoji cat" })).toMatchObject({ style: "twemoji" });
  expect(await jobOf({ text: "猫", controls: { own: { colour: "red", style: "blob" } } })).toMatchObject({
    style: "blob",
    text: "红 猫",
  });
  expect(await jobOf({ text: "cat", controls: { quality: "low" } })).toMatchObject({ steps: 12, candidates: 1 });
});
