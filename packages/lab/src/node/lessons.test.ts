import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { decodePng, encodePng, jpegCodec, parsePng, writePng } from "@inkseal/codec";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { glyphKinds, glyphs } from "../../test/glyphs.ts";
import { parseCsv } from "../data/csv.ts";
import { normal } from "../data/gaussian.ts";
import { toRaster } from "../data/picture.ts";
import { seededRandom } from "../data/random.ts";
import type { TrainEvent } from "../train/config.ts";
import { loadModel } from "./model-folder.ts";
import { samplePictures, sampleTable } from "./sample.ts";
import { readTrainConfig, runTraining } from "./training.ts";

const folder = mkdtempSync(join(tmpdir(), "lab-lessons-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const names = ["box", "cross", "bar", "line"];
const size = { height: 8, width: 8, channels: 1 };
const picture = size;
const [pictures, idx, table] = [
  join(folder, "pictures"),
  join(folder, "train-images-idx3-ubyte.gz"),
  join(folder, "people.csv"),
];
const [labelled, pairs, text] = [join(folder, "labelled.jsonl"), join(folder, "pairs.jsonl"), join(folder, "text.txt")];

beforeAll(async () => {
  const all = glyphs(96, seededRandom(1));
  const bytes = all.pictures.map((x) => Math.round(255 * x));
  const pixels = (i: number): Uint8Array => Uint8Array.from(bytes.subarray(i * 64, (i + 1) * 64));
  for (const name of names) mkdirSync(join(pictures, name), { recursive: true });
  for (const [i, label] of all.labels.entries()) {
    const raster = toRaster(pixels(i), size);
    const file = join(pictures, names[label]!, `${i}`);
    if (i % 4 === 0) writeFileSync(`${file}.jpg`, await jpegCodec().encode(raster, 95));
    else writeFileSync(`${file}.png`, writePng(encodePng(raster)));
  }
  const header = (...words: number[]) => Buffer.concat(words.map((w) => Buffer.from([w >>> 24, w >> 16, w >> 8, w])));
  writeFileSync(idx, gzipSync(Buffer.concat([header(0x803, 96, 8, 8), Buffer.from(bytes)])));
  writeFileSync(
    idx.replace("images-idx3", "labels-idx1"),
    gzipSync(Buffer.concat([header(0x801, 96), Buffer.from(all.labels)])),
  );
  const random = seededRandom(2);
  const rows = Array.from({ length: 240 }, (_, i) => {
    const nurse = i % 3 === 0;
    return `${(nurse ? 30 : 60) + Math.round(3 * normal(random))},${nurse ? "nurse" : '"cook, head"'},${i % 7 === 0 ? "" : (2 + random()).toFixed(1)}`;
  });
  writeFileSync(table, `age,job,wage\r\n${rows.join("\r\n")}\r\n`);
  writeFileSync(text, "the quick brown fox jumps over the lazy dog, and again: ".repeat(60));
  const lines = Array.from({ length: 80 }, (_, i) => ({
    text: `${i % 2 === 0 ? "warm sun" : "cold rain"} ${i % 10}`,
    label: i % 2 === 0 ? "good" : "bad",
  }));
  writeFileSync(labelled, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const captions = Array.from(all.labels, (label, i) =>
    JSON.stringify({ image: `pictures/${names[label]}/${i}.${i % 4 === 0 ? "jpg" : "png"}`, text: `a ${names[label]}` }),
  );
  writeFileSync(pairs, captions.join("\n"));
});

let runs = 0;
type Config = { out: string; [field: string]: unknown };
const configured = (model: object, path: string, more: object = {}): Config => ({
  model,
  data: [{ path }],
  steps: 6,
  batch: 12,
  warmup: 1,
  learningRate: 3e-3,
  evaluateEvery: 3,
  evaluateBatches: 2,
  checkpointEvery: 2,
  threads: 1,
  out: join(folder, `run-${runs++}`),
  ...more,
});
async function all(config: object, stopAfter = Number.POSITIVE_INFINITY): Promise<TrainEvent[]> {
  const stop = new AbortController();
  const events: TrainEvent[] = [];
  for await (const e of runTraining(readTrainConfig(config), { now: () => performance.now(), signal: stop.signal })) {
    events.push(e);
    if (e.type === "step" && e.step === stopAfter) stop.abort();
  }
  return events;
}
const transformer = { layers: 1, width: 16, heads: 2 };
const kinds: Record<string, [model: object, path: () => string, more?: object]> = {
  "a vae of pictures": [{ kind: "vae", picture, hidden: 32 }, () => pictures],
  "a VQ-VAE of MNIST's files": [{ kind: "vae", picture, hidden: 8, latent: 4, codes: { count: 8 } }, () => idx],
  "a vae of a table": [{ kind: "vae", hidden: 32, latent: 4 }, () => table],
  "a gan of pictures with classes": [
    { kind: "gan", picture, hidden: 32, latent: 8, classes: 4, criticSteps: 2 },
    () => pictures,
  ],
  "a gan of a table": [{ kind: "gan", hidden: 32, latent: 8, pac: 3, criticSteps: 1 }, () => table],
  "a diffusion model": [{ kind: "diffusion", picture, patch: 4, ...transformer, classes: 4 }, () => idx],
  "a vit that names classes": [{ kind: "vit", picture, patch: 4, ...transformer }, () => pictures],
  "a dual encoder": [
    { kind: "vit", picture, patch: 4, ...transformer, text: { context: 12, ...transformer, embedding: 8 } },
    () => pairs,
  ],
  "a bert of masked tokens": [{ kind: "bert", context: 16, ...transformer, dropout: 0.1 }, () => text, { accumulate: 2 }],
  "a bert of classes": [{ kind: "bert", context: 16, ...transformer, classes: 2 }, () => labelled],
};

describe("one command trains every kind, and goes on with the same bits after a stop", () => {
  for (const [name, [model, path, more]] of Object.entries(kinds))
    it(name, async () => {
      const [whole, parts] = [configured(model, path(), more), configured(model, path(), more)];
      const events = await all(whole);
      expect(events.at(-1)).toMatchObject({ type: "end", reason: "finished", step: 6 });
      expect(events[0]).toMatchObject({ type: "start", memoryBytes: expect.any(Number) });
      await all(parts, 3);
      const later = await all(parts);
      expect(later[0]).toMatchObject({ type: "start", step: 3 });
      const [a, b] = await Promise.all([whole, parts].map(({ out }) => loadModel(join(out, "model"))));
      expect([...b!.weights]).toEqual([...a!.weights]);
      const losses = (list: TrainEvent[]) => list.flatMap((e) => (e.type === "evaluation" && e.step === 6 ? [e.loss] : []));
      expect(losses(later)).toEqual(losses(events));
    });
});

describe("what was trained", () => {
  it("draws pictures of the class asked for, as pixels and on a sheet", async () => {
    const model = { kind: "gan", picture, hidden: 48, latent: 16, classes: glyphKinds, criticSteps: 2 };
    const config = configured(model, pictures, { steps: 20 });
    await all(config);
    const trained = await loadModel(join(config.out, "model"));
    expect(trained.config).toMatchObject({ labels: [...names].sort() });
    const made = await samplePictures(trained, { count: 5, label: "cross", threads: 1 });
    expect(made.pixels.length).toBe(5 * 64);
    expect(decodePng(parsePng(made.png))).toMatchObject({ width: 28, height: 18 });
    expect((await samplePictures(trained, { count: 5, label: "1", threads: 1 })).pixels).toEqual(
      (await samplePictures(trained, { count: 5, label: "box", threads: 1 })).pixels,
    );
    await expect(samplePictures(trained, { count: 1, label: "ring" })).rejects.toThrow(/there are bar, box, cross, line/);
    await expect(sampleTable(trained, { count: 1 })).rejects.toMatchObject({ code: "cannot-do" });
  });

  it("writes tables in the data's own form, on conditions too", async () => {
    const config = configured({ kind: "gan", hidden: 48, latent: 16, criticSteps: 1 }, table, {
      ...{ steps: 250, batch: 48, evaluateEvery: 125, checkpointEvery: 250 },
    });
    await all(config);
    const trained = await loadModel(join(config.out, "model"));
    const csv = await sampleTable(trained, { count: 60, where: { job: "cook, head" }, threads: 1 });
    const [header, ...rows] = parseCsv(csv).map(({ fields }) => fields);
    expect(header).toEqual(["age", "job", "wage"]);
    expect(rows.length).toBe(60);
    expect(rows.every(([age, job, wage]) => job === "cook, head" && /^\d+$/.test(age!) && /^(\d\.\d)?$/.test(wage!))).toBe(
      true,
    );
    expect(rows.filter(([age]) => Number(age) > 45).length).toBeGreaterThan(50);
    expect(rows.some(([, , wage]) => wage === "")).toBe(true);
    await expect(sampleTable(trained, { count: 1, where: { job: "king" } })).rejects.toThrow(/no such category of "job"/);
    const more = configured(kinds["a vae of a table"]![0], table);
    await all(more);
    expect(parseCsv(await sampleTable(await loadModel(join(more.out, "model")), { count: 9, threads: 1 })).length).toBe(10);
  });

  it("learns classes after masked tokens, with the encoder that it has", async () => {
    const [masked] = kinds["a bert of masked tokens"]!;
    const mixed = join(folder, "mixed.txt");
    writeFileSync(mixed, "warm sun 0 1 2 3 4 5 6 7 8 9 cold rain ".repeat(40));
    const first = configured(masked, mixed);
    await all(first);
    const from = join(first.out, "model");
    const second = configured({ ...masked, classes: 2 }, labelled, { from, steps: 1, learningRate: 1e-9 });
    await all(second);
    const [a, b] = await Promise.all([first, second].map(({ out }) => loadModel(join(out, "model"))));
    expect(b!.config).toMatchObject({ classes: 2, labels: ["bad", "good"] });
    expect(b!.weights.get("classify.weight")!.shape).toEqual([2, 16]);
    for (const [name, { data }] of a!.weights) {
      const other = b!.weights.get(name)!.data;
      expect(data.every((x, i) => Math.abs(x - other[i]!) < 1e-6)).toBe(true);
    }
  });

  it("is trained further from its folder, by its own columns and classes", async () => {
    const first = configured({ kind: "vit", picture, patch: 4, ...transformer }, pictures);
    await all(first);
    const second = configured({ kind: "vit", picture, patch: 4, ...transformer }, idx, { from: join(first.out, "model") });
    await expect(all(second)).rejects.toThrow(/a class that the model does not know: "0"/);
    const third = configured({ kind: "vit", picture, patch: 4, ...transformer }, pictures, { from: join(first.out, "model") });
    await all(third);
    expect((await loadModel(join(third.out, "model"))).config).toEqual((await loadModel(join(first.out, "model"))).config);
  });
});

it("learns a table privately, and says what that spends", async () => {
  const events = await all(
    configured({ kind: "vae", hidden: 24, latent: 4 }, table, { privacy: { noise: 1.1, clip: 1, delta: 1e-3 } }),
  );
  const spent = events.flatMap((e) => (e.type === "evaluation" ? [e.epsilon!] : []));
  expect(spent[0]).toBeGreaterThan(0);
  expect(spent[1]).toBeGreaterThan(spent[0]!);
  await expect(
    all(configured({ kind: "gan", hidden: 8 }, table, { privacy: { noise: 1, clip: 1, delta: 1e-3 } })),
  ).rejects.toMatchObject({ details: { param: "privacy" } });
});

it("shares batches among replicas, a gan's and its critic's", async () => {
  const model = { kind: "gan", picture, hidden: 16, latent: 8, criticSteps: 2 };
  const config = configured(model, pictures, { replicas: 2, steps: 3 });
  const events = await all(config);
  expect(events.at(-1)).toMatchObject({ reason: "finished", step: 3 });
  expect((await loadModel(join(config.out, "model"))).weights.size).toBeGreaterThan(10);
});

describe("refuses", () => {
  const refused = (model: object, path: string, more?: object) => expect(all(configured(model, path, more))).rejects;
  const vae = { kind: "vae", picture };
  it("pictures that are none, by name, and folders of no use", async () => {
    const broken = join(folder, "broken");
    mkdirSync(broken);
    await refused(vae, broken).toThrow(/no .png or .jpg/);
    writeFileSync(join(broken, "a.png"), writePng(encodePng(toRaster(new Uint8Array(64), size))).subarray(0, 60));
    await refused(vae, broken).toMatchObject({ code: "bad-file", message: expect.stringContaining("a.png") });
    writeFileSync(join(broken, "a.png"), "no picture");
    await refused(vae, broken).toThrow(/a\.png/);
    writeFileSync(join(broken, "a.png"), writePng(encodePng(toRaster(new Uint8Array(64), size))));
    await refused({ kind: "vit", picture, patch: 4, ...transformer }, broken).toThrow(/no folders of classes/);
    await refused(vae, join(folder, "nowhere")).toMatchObject({ code: "not-found" });
    const cut = join(folder, "cut-idx3-ubyte");
    writeFileSync(cut, Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 8, 1));
    await refused(vae, cut).toThrow(/cut-idx3-ubyte: .* were promised/);
  });
  it("tables with a place that is no number, by line and column", async () => {
    const bad = join(folder, "bad.csv");
    writeFileSync(bad, `age,job\n${Array.from({ length: 30 }, (_, i) => (i === 20 ? "NaN,b" : `${i},a`)).join("\n")}`);
    await refused({ kind: "vae" }, bad).toThrow(/bad\.csv: line 22 .* "age" is no finite number/);
    writeFileSync(bad, "age,job\n1,2\n3\n");
    await refused({ kind: "gan" }, bad).toThrow(/bad\.csv: line 3 .* 1 fields in place of 2/);
  });
  it("what would not fit, before it begins", async () => {
    await refused({ kind: "vae", picture, hidden: 40_000, depth: 3 }, pictures, { memory: 1 << 30 }).toMatchObject({
      code: "too-large",
      message: expect.stringMatching(/needs about [\d.]+ GiB .* and has 1.0 GiB/),
    });
    await refused({ kind: "gan", pac: 5 }, table).toMatchObject({ details: { param: "batch" } });
    await refused({ kind: "bert", context: 8, ...transformer }, text, { lora: { rank: 1, alpha: 1 } }).toMatchObject({
      details: { param: "lora" },
    });
    await refused({ kind: "gan", picture, classes: 2 }, pictures).toThrow(/4 classes, the model only 2/);
  });
});
