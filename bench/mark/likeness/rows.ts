/**
 * How well the statistics of a picture's finest detail tell generators from cameras. `INKSEAL_PICTURES` names the folder that `lay-out.ts` made; without
 * it there are only the rows of our own pictures. To examine all of it takes a quarter of an hour of one core, and is kept; `--quick` takes what is there to test on.
 */
import { type BriefInput, type Plan, parseBrief } from "@inkseal/core";
import { creatorOf } from "@inkseal/creators";
import { nodePlace, weightsFolder } from "@inkseal/creators/node";
import { featuresOf, pictureModel, pictureScore } from "@inkseal/mark";
import sharp from "sharp";
import type { Row } from "../../run.ts";
import { drawings, photos, rasterOf } from "../pictures.ts";
import { examined } from "./examined.ts";
import { type Logistic, scoreOf } from "./logistic.ts";
import { sources } from "./sources.ts";
import { generatorsLeftOut } from "./trained.ts";
import { roc, type Scored, type Shown, shown } from "./trial.ts";

interface Options {
  readonly quick: boolean;
  readonly fresh: boolean;
  log(line: string): void;
}

/** The committed model, as the trial has it. */
const committed: Logistic = {
  mean: pictureModel.features.map(([mean]) => mean),
  deviation: pictureModel.features.map(([, deviation]) => deviation),
  weight: pictureModel.features.map(([, , weight]) => weight),
  bias: pictureModel.bias,
};

export async function pictureRows(options: Options): Promise<Row[]> {
  const folder = process.env.INKSEAL_PICTURES;
  if (folder === undefined)
    options.log("  no rows of strangers' pictures: INKSEAL_PICTURES names no folder (bench/mark/likeness/lay-out.ts)");
  return [...(folder === undefined ? [] : await strangers(folder, options)), ...(await ours(options))];
}

async function strangers(folder: string, { quick, fresh, log }: Options): Promise<Row[]> {
  const all = await examined(folder, {
    fresh,
    parts: quick ? ["test"] : ["test", "learn"],
    most: quick ? 12 : Number.POSITIVE_INFINITY,
    log,
  });
  const rows = shown(all);
  const test = rows.filter((r) => r.part === "test").map((row) => ({ row, score: scoreOf(row.features, committed) }));
  const out: Row[] = [];
  const put = (name: string, scored: readonly Scored[], what: string): void => {
    const { auc, found } = roc(scored);
    const count = (kind: Shown["kind"]): number => scored.filter(({ row }) => row.kind === kind).length;
    const note = `${what}: ${count("generated")} views of generated pictures, ${count("photograph")} of photographs`;
    out.push({ name: `likelihood_picture_auc_${name}`, value: auc, unit: "of 1", note });
    out.push({ name: `likelihood_picture_tpr1_${name}`, value: found, unit: "of 1", note });
  };
  const setOf = new Map(sources.map(({ name, set }) => [name, set]));
  for (const set of ["game", "quiz", "pairs"])
    put(
      `unseen_${set}`,
      test.filter(({ row }) => setOf.get(row.source) === set),
      "a set that nothing was learnt from, native, JPEG 75 and halved",
    );
  for (const view of ["native", "jpeg75", "half"] as const)
    put(
      `unseen_${view}`,
      test.filter(({ row }) => row.view === view),
      "three sets that nothing was learnt from, as one",
    );
  if (quick) return out;
  const learn = rows.filter((r) => r.part === "learn");
  for (const { generator, auc, found } of generatorsLeftOut(learn)) {
    const views = learn.filter((r) => r.source === generator).length;
    const note = `a model without it, photographs of sources that it did not see either; ${views} views`;
    out.push({ name: `likelihood_picture_auc_${generator}`, value: auc, unit: "of 1", note });
    out.push({ name: `likelihood_picture_tpr1_${generator}`, value: found, unit: "of 1", note });
  }
  const silent = all.filter((r) => r.kind === "photograph").length - rows.filter((r) => r.kind === "photograph").length;
  out.push({
    name: "likelihood_picture_photographs_refused",
    value: silent,
    unit: "views",
    note: "of photographs: too even to say anything",
  });
  return out;
}

/** Our own: Kodak's photographs, which nothing was learnt from; flat art; and what the house's own model draws. */
async function ours({ quick, log }: Options): Promise<Row[]> {
  const kodak = (await photos(quick ? 8 : 24)).filter(({ name }) => name.endsWith(".png")).map(({ raster }) => raster);
  const limit = pictureModel.photographs[Math.ceil(0.95 * pictureModel.photographs.length)] ?? Number.POSITIVE_INFINITY;
  const began = performance.now();
  const scores = kodak.map((raster) => pictureScore(raster));
  const ms = (performance.now() - began) / kodak.length;
  const flat = (await drawings()).filter(({ raster }) => featuresOf(raster) !== undefined).length;
  const drawn = await housePictures(quick ? 2 : 8, log);
  const judged = drawn.filter((raster) => featuresOf(raster) !== undefined).length;
  return [
    {
      name: "likelihood_picture_kodak_false",
      value: scores.filter((s) => s !== undefined && s > limit).length,
      unit: "pictures",
      note: `of ${kodak.length} Kodak photographs, above the score that 5 % of photographs reach`,
    },
    {
      name: "likelihood_picture_flat_judged",
      value: flat,
      unit: "pictures",
      bound: "==0",
      note: "of 3: flat art, a line drawing, one colour",
    },
    {
      name: "likelihood_picture_house_judged",
      value: judged,
      unit: "pictures",
      note: `of ${drawn.length} by inkseal-picture, which are flat art: of the others nothing is said`,
    },
    { name: "likelihood_picture_ms", value: ms, unit: "ms", note: "a picture of 768×512, decoded; no more for larger ones" },
  ];
}

async function housePictures(count: number, log: (line: string) => void) {
  const creator = creatorOf("picture");
  if (creator === undefined) return [];
  const maker = await creator.open(nodePlace(weightsFolder("picture"), 1));
  const wishes = ["a red apple", "a blue cat", "a rocket", "a tree", "a happy dog", "a yellow car", "a house", "a fish"];
  const rasters = [];
  for (const text of wishes.slice(0, count)) {
    const brief = parseBrief({ task: "image", text } as BriefInput);
    const plan = { kind: "plan", version: 1, brief, model: creator.models[0]!.id, seed: 1, warnings: [] } as unknown as Plan;
    for await (const batch of maker.make(await creator.jobOf(plan, 1), new AbortController().signal))
      for (const { media } of batch) if (media !== undefined) rasters.push(await rasterOf(sharp(Buffer.from(media.bytes))));
    log(`  ${text}`);
  }
  return rasters;
}
