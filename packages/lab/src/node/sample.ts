import { encodePng, writePng } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { contactSheet, type PictureSize } from "../data/picture.ts";
import { seededRandom } from "../data/random.ts";
import { formatRows } from "../data/table.ts";
import type { Columns, ModelConfig } from "../models/config.ts";
import { sampleDiffusion } from "../models/diffusion-sampler.ts";
import { classConditions, sampleGan } from "../models/gan.ts";
import { sampleGanRows } from "../models/gan-table.ts";
import { type Parameters, toParameters } from "../models/parameters.ts";
import { decodeRows } from "../models/table-transform.ts";
import { sampleVae } from "../models/vae.ts";
import type { Backend } from "../tensor/index.ts";
import * as t from "../tensor/index.ts";
import type { Weights } from "../weights.ts";
import { cpuBackend } from "./threads.ts";

/** A trained model, as `loadModel` reads it. */
export interface Trained {
  readonly config: ModelConfig;
  readonly weights: Weights;
}
export interface PictureSampling {
  readonly count: number;
  /** The same seed gives the same pictures; 1. */
  readonly seed?: number;
  /** Name or number of the class of all of them. By default every class in turn. */
  readonly label?: string;
  /** Of diffusion, as in `sampleDiffusion`. */
  readonly steps?: number;
  readonly guidance?: number;
  /** Threads of the engine; by default all cores. */
  readonly threads?: number;
}
export interface Pictures extends PictureSize {
  /** [count, H, W, C], 0 to 255. */
  readonly pixels: Uint8Array;
  /** All of them on one sheet, a PNG file. */
  readonly png: Uint8Array;
}

/**
 * New pictures of a vae, gan or diffusion model. Throws `cannot-do` for a model that makes none, and `bad-request` for a class it lacks.
 * @example await writeFile("out.png", (await samplePictures(await loadModel("out/model"), { count: 16 })).png)
 */
export async function samplePictures({ config, weights }: Trained, options: PictureSampling): Promise<Pictures> {
  if (config.kind !== "vae" && config.kind !== "gan" && config.kind !== "diffusion") throw makesNone(config, "pictures");
  if (config.picture === undefined) throw makesNone(config, "pictures");
  if (config.kind === "vae" && config.codes !== undefined)
    throw new InksealError(
      "cannot-do",
      "a VQ-VAE has no prior to draw from: train a gpt on its codes (encodeVq), and decode what that writes",
    );
  const { count, seed = 1, steps, guidance } = options;
  const labels = config.kind === "vae" ? undefined : labelsFor(config, options);
  const random = seededRandom(seed);
  const values = await onEngine(weights, options.threads, (p, backend) =>
    inParts(count, (from, to) => {
      const some = { count: to - from, random };
      if (config.kind === "vae") return sampleVae(config, p, { ...some, mean: true }).map((x) => 2 * x - 1);
      const own = labels?.slice(from, to);
      return t.scope(() =>
        config.kind === "gan"
          ? sampleGan(config, p, some.count, own && classConditions(backend, own, config.classes!), random)
          : sampleDiffusion(config, p, {
              ...some,
              ...(own && { labels: own }),
              ...(steps !== undefined && { steps }),
              ...(guidance !== undefined && { guidance }),
            }).valuesSync(),
      );
    }),
  );
  const { height, width, channels } = config.picture;
  const pixels = new Uint8Array(count * height * width * channels);
  let at = 0;
  for (const part of values) for (const x of part) pixels[at++] = Math.round(127.5 * (x + 1));
  return { ...config.picture, pixels, png: writePng(encodePng(contactSheet(pixels, config.picture))) };
}
function labelsFor(
  { classes, labels }: { readonly classes?: number | undefined; readonly labels?: readonly string[] | undefined },
  { count, label }: PictureSampling,
): number[] | undefined {
  if (classes === undefined) {
    if (label === undefined) return undefined;
    throw new InksealError("bad-request", "this model was trained without classes", { param: "label" });
  }
  if (label === undefined) return Array.from({ length: count }, (_, i) => i % classes);
  const number = labels?.indexOf(label) ?? -1;
  const found = number >= 0 ? number : /^\d+$/.test(label) ? Number(label) : classes;
  if (found >= classes)
    throw new InksealError("bad-request", `no such class; there are ${labels?.join(", ") ?? `0 to ${classes - 1}`}`, {
      param: "label",
    });
  return new Array<number>(count).fill(found);
}

export interface TableSampling {
  readonly count: number;
  readonly seed?: number;
  /** Of a gan: the category that each of these columns shall have. */
  readonly where?: Readonly<Record<string, string>>;
  readonly threads?: number;
}
/**
 * New rows of a table, CSV with a header. Throws `cannot-do` for a model that makes none or hardly ever what `where` asks for, and
 * `bad-request` for a column or category that the table lacks.
 * @example await sampleTable(await loadModel("out/model"), { count: 100, where: { job: "Sales" } })
 */
export async function sampleTable({ config, weights }: Trained, options: TableSampling): Promise<string> {
  if ((config.kind !== "vae" && config.kind !== "gan") || config.columns === undefined) throw makesNone(config, "table rows");
  const { columns } = config;
  const { count, where = {}, seed = 1 } = options;
  const asked = new Map(Object.entries(where).map(([name, value]) => askedFor(columns, name, value)));
  if (config.kind === "vae" && asked.size > 0)
    throw new InksealError("cannot-do", "rows on a condition are made by a gan; this is a vae", { param: "where" });
  const rows = await onEngine(weights, options.threads, (p) => {
    const random = seededRandom(seed);
    if (config.kind === "gan") return sampleGanRows(config, p, { count, where: asked, random });
    return inParts(count, (from, to) => decodeRows(columns, sampleVae(config, p, { count: to - from, random }))).flat();
  });
  return formatRows(columns, rows);
}
function askedFor(columns: Columns, name: string, value: string): [column: number, category: number] {
  const at = columns.findIndex((column) => column.name === name && column.type === "category");
  const column = columns[at];
  const category = column?.type === "category" ? (column.values?.indexOf(value) ?? -1) : -1;
  if (category < 0)
    throw new InksealError(
      "bad-request",
      `the table has no ${at < 0 ? "column of categories" : "such category of"} ${JSON.stringify(name)}`,
      {
        param: "where",
      },
    );
  return [at, category];
}

/** A few hundred at a time: what an engine holds does not grow with the number. */
function inParts<T>(count: number, body: (from: number, to: number) => T): T[] {
  const parts: T[] = [];
  for (let from = 0; from < count; from += 256) parts.push(body(from, Math.min(count, from + 256)));
  return parts;
}
const makesNone = ({ kind }: ModelConfig, what: string): InksealError =>
  new InksealError("cannot-do", `this ${kind} makes no ${what}`);

async function onEngine<T>(
  weights: Weights,
  threads: number | undefined,
  body: (p: Parameters, backend: Backend) => T,
): Promise<T> {
  const backend = cpuBackend(threads === undefined ? {} : { threads });
  try {
    return body(toParameters(backend, weights), backend);
  } finally {
    backend.close();
  }
}
